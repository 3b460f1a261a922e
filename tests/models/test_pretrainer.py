import numpy as np
import pytest

from kerabert.models import BertMaskedLM, BertPretrainer
from tests.checks import check_training, largest_difference
from tests.models.peers import check_step, randomize, run_peer
from tests.models.test_masked_lm import WEIGHTS, X, labels_everywhere, right_at
from tests.tiny import TEXTS, make_backbone, make_plain_backbone, make_tokenizer

Y = {"masked_lm": np.array([[5, 6], [7, 0]]), "next_sentence": np.array([0, 1])}
ALL_WEIGHTS = {"masked_lm": WEIGHTS, "next_sentence": np.ones(2)}


def make(tie_embeddings=True, **kwargs):
    backbone = make_plain_backbone(**kwargs)
    return BertPretrainer(backbone, make_tokenizer(), tie_embeddings, sequence_length=20)


@pytest.fixture(scope="module")
def model():
    return make()


def test_trains_as_in_transformers(tmp_path):
    model = randomize(make())
    logits = model.predict(X, verbose=0)
    y = {
        "masked_lm": right_at(logits["masked_lm"], [[True, False], [False, True]]),
        "next_sentence": right_at(logits["next_sentence"], [True, False]),
    }
    outputs, gradients = run_peer(
        model,
        "BertForPreTraining",
        X,
        labels=labels_everywhere(y["masked_lm"]),
        next_sentence_label=y["next_sentence"],
    )
    at_masks = X["mask_positions"][:, :, None]
    expected = np.take_along_axis(outputs["prediction_logits"], at_masks, axis=1)
    assert largest_difference(logits["masked_lm"], expected) < 1e-5
    assert largest_difference(logits["next_sentence"], outputs["seq_relationship_logits"]) < 1e-5
    logs = check_step(model, gradients, X, y, ALL_WEIGHTS)
    assert logs["loss"] == pytest.approx(outputs["loss"], rel=1e-5)
    assert logs["masked_lm_accuracy"] == pytest.approx(1 / 3)
    assert logs["next_sentence_accuracy"] == 0.5
    check_training(model, make, X, y, tmp_path / "model.keras", ALL_WEIGHTS)


def test_trains_in_half_precision():
    model = make(dtype="mixed_bfloat16")
    before = model.get_weights()
    model.compile("sgd")
    losses = model.fit(X, Y, sample_weight=ALL_WEIGHTS, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    for old, new in zip(before, model.get_weights(), strict=True):
        assert new.dtype == old.dtype and np.isfinite(new).all()
    assert largest_difference(before[:2], model.get_weights()[:2]) > 0


def test_tied_and_untied_tables(model):
    shared = model.backbone.embedding.token_embedding.embeddings
    assert model.masked_lm_head.token_embedding.embeddings is shared
    untied = make(tie_embeddings=False)
    assert len(untied.weights) == len(model.weights) + 1
    assert BertPretrainer.from_config(untied.get_config()).tie_embeddings is False


def test_fill_mask_is_that_of_a_masked_lm(model):
    masked_lm = BertMaskedLM(model.backbone, model.tokenizer)
    for name, layer in masked_lm.head_layers.items():
        if name != "cls.predictions":
            layer.set_weights(model.head_layers[name].get_weights())
    filled, expected = (one.fill_mask(["[MASK] film"])[0][0] for one in (model, masked_lm))
    assert [one.token for one in filled] == [one.token for one in expected]
    assert [one.score for one in filled] == pytest.approx([one.score for one in expected])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mask_positions": np.array([[1, 2], [4, 6]])}, "`mask_positions` must lie in 0..5"),
        ({"mask_positions": np.zeros((3, 2), "int32")}, "batch = 2"),
        ({"token_ids": X["token_ids"] + 20}, "`token_ids` must lie in 0..16"),
    ],
)
def test_bad_inputs(model, change, message):
    for call in (model.predict, model.fit):
        with pytest.raises(ValueError, match=message):
            call(X | change, verbose=0)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y["masked_lm"], "must be a dict with the keys .* Received: ndarray"),
        ({"masked_lm": Y["masked_lm"]}, r"Received: \['masked_lm'\]"),
        (Y | {"other": 1}, r"Received: \['masked_lm', 'next_sentence', 'other'\]"),
        (Y | {"masked_lm": np.zeros((2, 3), "int32")}, r"\(2, 2\). Received: \(2, 3\)"),
        (Y | {"masked_lm": Y["masked_lm"] + 12}, "must lie in 0..16"),
        (Y | {"next_sentence": [0, 2]}, "0..1. Received: row 1 is 2"),
    ],
)
def test_bad_targets(model, y, message):
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call(X, y, verbose=0)


def test_strings(model):
    with pytest.raises(ValueError, match="must be given a dict of arrays"):
        model.fit(TEXTS, verbose=0)


def test_bad_arguments():
    with pytest.raises(ValueError, match="must have a pooler"):
        BertPretrainer(make_backbone(use_pooler=False))
    with pytest.raises(ValueError, match="`tie_embeddings` must be a bool"):
        make(tie_embeddings=None)
