import keras
import numpy as np
import pytest

from kerabert.models import BertMaskedLM, BertPretrainer
from kerabert.models.packed_rows import one_example_a_row
from tests.checks import check_training, largest_difference
from tests.models.peers import check_step, named_weights, randomize, run_peer
from tests.models.test_masked_lm import WEIGHTS, X, labels_everywhere, right_at
from tests.models.test_packed_backbone import EXAMPLES, INPUTS, PACKED, PACKED_INPUTS, ROWS
from tests.tiny import TEXTS, make_backbone, make_plain_backbone, make_tokenizer

Y = {"masked_lm": np.array([[5, 6], [7, 0]]), "next_sentence": np.array([0, 1])}
ALL_WEIGHTS = {"masked_lm": WEIGHTS, "next_sentence": np.ones(2)}


LABELS = np.array([0, 1, 1, 0, 1, 1])
OF_EXAMPLES = (
    INPUTS | {"mask_positions": EXAMPLES["mask_positions"]},
    {"masked_lm": EXAMPLES["mask_ids"], "next_sentence": LABELS},
    {"masked_lm": EXAMPLES["mask_weights"], "next_sentence": np.ones(6)},
)
OF_ROWS = (
    PACKED_INPUTS | {"mask_positions": PACKED["mask_positions"]},
    {
        "masked_lm": PACKED["mask_ids"],
        "next_sentence": np.array([[*LABELS[row], 0, 0, 0][:4] for row in ROWS]),
    },
    {"masked_lm": PACKED["mask_weights"], "next_sentence": PACKED["example_weights"]},
)


def make(tie_embeddings=True, packed=False, **kwargs):
    backbone = make_plain_backbone(**kwargs)
    return BertPretrainer(
        backbone, make_tokenizer(), tie_embeddings, sequence_length=20, packed=packed
    )


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


def test_packed_rows_train_as_their_examples_do():
    logs, changes, logits = [], [], []
    for packed, (x, y, sample_weight) in ((False, OF_EXAMPLES), (True, OF_ROWS)):
        model = randomize(make(packed=packed, num_layers=2))
        logits.append(model.predict(x, verbose=0)["next_sentence"])
        before = named_weights(model)
        model.compile(keras.optimizers.SGD(0.05))
        data = {"x": x, "y": y, "sample_weight": sample_weight, "batch_size": 6}
        history = model.fit(**data, shuffle=False, verbose=0).history
        logs.append({name: values[0] for name, values in history.items()})
        after = named_weights(model)
        changes.append({name: after[name] - before[name] for name in after})
    for row, examples in enumerate(ROWS):
        found = logits[1][row, : len(examples)]
        assert largest_difference(found, logits[0][examples]) < 1e-5
    assert logs[0].keys() == logs[1].keys()
    assert logs[1] == pytest.approx(logs[0], rel=1e-5)
    assert changes[0].keys() == changes[1].keys() and len(changes[0]) > 20
    for name, change in changes[0].items():
        assert largest_difference(changes[1][name], change) < 1e-6, name
    assert max(np.abs(change).max() for change in changes[0].values()) > 1e-3


def test_packed_rows_in_training(tmp_path):
    x, y, sample_weight = OF_ROWS
    model = make(packed=True)
    model.compile(keras.optimizers.Adam(0.05))
    check_training(
        model,
        lambda **kwargs: make(packed=True, **kwargs),
        x,
        y,
        tmp_path / "model.keras",
        sample_weight,
    )


def test_one_example_a_packed_row():
    """The width at which Keras could take the axis of examples for one to squeeze."""
    model = make(packed=True)
    x = one_example_a_row(INPUTS) | {"mask_positions": EXAMPLES["mask_positions"]}
    y = OF_EXAMPLES[1] | {"next_sentence": LABELS[:, None]}
    weights = OF_EXAMPLES[2] | {"next_sentence": np.array([[1.0], [1], [1], [0], [0], [0]])}
    logits = model.predict(x, verbose=0)["next_sentence"]
    assert logits.shape == (6, 1, 2)
    logs = model.evaluate(x, y, sample_weight=weights, return_dict=True, verbose=0)
    right = (logits.argmax(-1) == LABELS[:, None])[:3]
    assert logs["next_sentence_accuracy"] == pytest.approx(right.mean())


def test_a_preset_is_the_same_packed_or_not(tmp_path):
    packed = make(packed=True)
    packed.save_to_preset(tmp_path / "one")
    model = BertPretrainer.from_preset(tmp_path / "one")
    assert model.packed is False
    assert largest_difference(model.get_weights(), packed.get_weights()) == 0
    model.save_to_preset(tmp_path / "two")
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
    again = BertPretrainer.from_preset(tmp_path / "two", packed=True)
    assert again.packed is True
    outputs = (one.predict(OF_ROWS[0], verbose=0) for one in (packed, again))
    assert largest_difference(*outputs) == 0
    assert "packed" not in model.get_config() and packed.get_config()["packed"] is True


def test_a_packed_model_fills_masks():
    texts = ["[MASK] film", "it was [MASK] good ."]
    filled, expected = (make(packed=packed).fill_mask(texts) for packed in (True, False))
    for one, other in zip(filled, expected, strict=True):
        assert [c.token for c in one[0]] == [c.token for c in other[0]]
        assert [c.score for c in one[0]] == pytest.approx([c.score for c in other[0]], rel=1e-5)


def test_rows_of_the_other_kind(model):
    packed = make(packed=True)
    for call in (model.predict, model.fit):
        with pytest.raises(ValueError, match="model made with `packed=True`"):
            call(OF_ROWS[0], verbose=0)
    for call in (packed.predict, packed.fit):
        with pytest.raises(ValueError, match="Rows of one example need a model without `packed`"):
            call(OF_EXAMPLES[0], verbose=0)
    x, y, _ = OF_ROWS
    with pytest.raises(ValueError, match=r"shape of their places, \(3, 4\)"):
        packed.fit(x, y | {"next_sentence": y["next_sentence"][:, :2]}, verbose=0)
    with pytest.raises(ValueError, match="row 1 is"):
        packed.fit(x | {"example_ids": x["example_ids"][[0, 2, 1]]}, y, verbose=0)
    with pytest.raises(ValueError, match=r"`mask_positions` must lie in 0..31"):
        packed.fit(x | {"mask_positions": x["mask_positions"] + 20}, y, verbose=0)
    with pytest.raises(ValueError, match="one example a row to be exported"):
        packed.export("model.onnx", format="onnx")


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
    with pytest.raises(ValueError, match="`packed` must be a bool"):
        make(packed=1)
