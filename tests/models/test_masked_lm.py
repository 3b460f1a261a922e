import numpy as np
import pytest

from kerabert.models import BertMaskedLM
from tests.checks import check_training, largest_difference
from tests.models.peers import check_step, randomize, run_peer
from tests.models.test_backbone import INPUTS
from tests.models.test_packed_backbone import EXAMPLES, PACKED, PACKED_INPUTS
from tests.models.test_packed_backbone import INPUTS as EXAMPLE_INPUTS
from tests.tiny import TEXTS, make_plain_backbone, make_tokenizer

X = {**INPUTS, "mask_positions": np.array([[1, 2], [4, 0]], "int32")}
Y = np.array([[5, 6], [7, 0]])
WEIGHTS = np.array([[1.0, 1.0], [1.0, 0.0]])  # the second row has but one mask


def make(tie_embeddings=True, **kwargs):
    backbone = make_plain_backbone(use_pooler=False, **kwargs)
    return BertMaskedLM(backbone, make_tokenizer(), tie_embeddings, sequence_length=20)


@pytest.fixture(scope="module")
def model():
    return make()


def labels_everywhere(y, weights=WEIGHTS):
    """Targets as transformers has them: for each token, -100 where there is none."""
    labels = np.full(INPUTS["token_ids"].shape, -100)
    for row, place in zip(*np.nonzero(weights), strict=True):
        labels[row, X["mask_positions"][row, place]] = y[row, place]
    return labels


def right_at(logits, places):
    """Targets that the logits get right at some places and wrong at the others."""
    best = logits.argmax(-1)
    return np.where(places, best, (best + 1) % logits.shape[-1])


@pytest.mark.parametrize("tie_embeddings", [True, False])
def test_trains_as_in_transformers(tie_embeddings, tmp_path):
    model = randomize(make(tie_embeddings))
    logits = model.predict(X, verbose=0)
    y = right_at(logits, [[True, False], [False, True]])
    outputs, gradients = run_peer(model, "BertForMaskedLM", X, labels=labels_everywhere(y))
    expected = np.take_along_axis(outputs["logits"], X["mask_positions"][:, :, None], axis=1)
    assert largest_difference(logits, expected) < 1e-5
    logs = check_step(model, gradients, X, y, WEIGHTS)
    assert logs["loss"] == pytest.approx(outputs["loss"], rel=1e-5)
    # Of three masks one: the place of weight 0, which is right too, does not count.
    assert logs["accuracy"] == pytest.approx(1 / 3)
    if tie_embeddings:
        check_training(model, make, X, y, tmp_path / "model.keras", WEIGHTS)


def test_packed_rows_have_the_loss_of_their_examples(tmp_path):
    logs = []
    for packed, inputs, arrays in (
        (False, EXAMPLE_INPUTS, EXAMPLES),
        (True, PACKED_INPUTS, PACKED),
    ):
        backbone = make_plain_backbone(use_pooler=False)
        model = randomize(BertMaskedLM(backbone, make_tokenizer(), packed=packed))
        x = inputs | {"mask_positions": arrays["mask_positions"]}
        weight = arrays["mask_weights"]
        logs.append(
            model.evaluate(x, arrays["mask_ids"], sample_weight=weight, return_dict=True, verbose=0)
        )
        model.save_to_preset(tmp_path / str(packed))
    assert logs[1] == pytest.approx(logs[0], rel=1e-5)
    again = BertMaskedLM.from_preset(tmp_path / "False", packed=True)
    assert largest_difference(again.predict(x, verbose=0), model.predict(x, verbose=0)) == 0
    assert BertMaskedLM.from_config(model.get_config()).packed is True


def test_tied_and_untied_tables(model):
    shared = model.backbone.embedding.token_embedding.embeddings
    assert model.masked_lm_head.token_embedding.embeddings is shared
    untied = make(tie_embeddings=False)
    assert len(untied.weights) == len(model.weights) + 1
    assert untied.masked_lm_head.table is not untied.backbone.embedding.token_embedding.embeddings
    assert BertMaskedLM.from_config(untied.get_config()).tie_embeddings is False


def test_one_mask_a_row():
    """The width at which Keras could take the axis of masks for one to squeeze."""
    model = make()
    x = {**X, "mask_positions": X["mask_positions"][:, :1]}
    y = right_at(model.predict(x, verbose=0), [[True], [False]])
    outputs, _ = run_peer(
        model, "BertForMaskedLM", X, labels=labels_everywhere(y, np.array([[1], [1]]))
    )
    logs = model.evaluate(x, y, sample_weight=np.array([[1.0], [1.0]]), return_dict=True, verbose=0)
    assert logs["loss"] == pytest.approx(outputs["loss"], rel=1e-5)
    assert logs["accuracy"] == pytest.approx(0.5)
    logs = model.evaluate(x, y, sample_weight=np.array([[1.0], [0.0]]), return_dict=True, verbose=0)
    assert logs["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mask_positions": None}, "must have the key `mask_positions`"),
        ({"mask_positions": np.array([[1, 2], [4, 6]])}, r"must lie in 0..5.* from 1 to 6"),
        ({"mask_positions": np.array([[1, 2], [-1, 0]])}, "must lie in 0..5.* from -1 to 2"),
        (
            {"mask_positions": np.array([1, 2])},
            r"integers \(batch, masks\).*Received: int64 \(2,\)",
        ),
        ({"mask_positions": np.zeros((3, 2), "int32")}, r"batch = 2.* Received: int32 \(3, 2\)"),
        ({"mask_positions": np.zeros((2, 0), "int32")}, r"masks above 0. Received: int32 \(2, 0\)"),
        ({"mask_positions": np.ones((2, 2))}, "must be integers.* Received: float64"),
        ({"mask_positions": [[1, 2], [4, 0]]}, "must be integers.* Received: list"),
        ({"token_ids": INPUTS["token_ids"] + 20}, "`token_ids` must lie in 0..16"),
        ({"segment_ids": None}, "must have the keys"),
        ({"other": INPUTS["token_ids"]}, "must have the keys"),
    ],
)
def test_bad_inputs(model, change, message):
    x = {name: values for name, values in (X | change).items() if values is not None}
    for call in (model.predict, model.fit):
        with pytest.raises(ValueError, match=message):
            call(x, verbose=0)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y[:1], "Received: 2 in x, 1 in y"),
        (np.zeros((2, 6), "int32"), r"shape of their places, \(2, 2\). Received: \(2, 6\)"),
        (Y + 12, r"must lie in 0..16, .* row 0 is \[17, 18\]"),
        (np.where(WEIGHTS > 0, Y, -100), r"weight is 0. Received: row 1 is \[7, -100\]"),
        (None, "`y` must be given"),
    ],
)
def test_bad_targets(model, y, message):
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, verbose=0)


@pytest.mark.parametrize("kwargs", [{"sample_weight": np.ones(2)}, {"class_weight": {5: 2.0}}])
def test_weights_of_rows(model, kwargs):
    with pytest.raises(ValueError, match="`sample_weight` must have the shape of the targets"):
        model.fit(X, Y, **kwargs, verbose=0)


def test_strings(model):
    for call in (model.fit, model.predict, model.evaluate):
        with pytest.raises(ValueError, match=r"a dict of arrays .*'mask_positions'"):
            call(TEXTS, verbose=0)


def test_bad_argument():
    with pytest.raises(ValueError, match="`tie_embeddings` must be a bool"):
        make(tie_embeddings=1)
