import numpy as np
import pytest

from kerabert.models import BertTokenClassifier
from tests.checks import check_training, largest_difference
from tests.models.peers import check_step, randomize, run_peer
from tests.models.test_backbone import INPUTS
from tests.models.test_masked_lm import right_at
from tests.tiny import make_backbone, make_plain_backbone, make_tokenizer

Y = np.array([[0, 1, 2, 0, 0, 0], [0, 2, 0, 1, 2, 0]])
# Special tokens and padding have no label.
WEIGHTS = np.array([[0, 1, 1, 0, 0, 0], [0, 1, 0, 1, 1, 0]], "float32")


def make(**kwargs):
    return BertTokenClassifier(
        make_plain_backbone(use_pooler=False, **kwargs),
        classes=["O", "B", "I"],
        tokenizer=make_tokenizer(),
        dropout_rate=0.0,
        sequence_length=20,
    )


@pytest.fixture(scope="module")
def model():
    return make()


def test_trains_as_in_transformers(tmp_path):
    model = randomize(make())
    logits = model.predict(INPUTS, verbose=0)
    # Of the five labelled tokens the first is right, of the others all are.
    y = right_at(logits, (WEIGHTS == 0) | (np.arange(12).reshape(2, 6) == 1))
    outputs, gradients = run_peer(
        model, "BertForTokenClassification", INPUTS, labels=np.where(WEIGHTS, y, -100)
    )
    assert largest_difference(logits, outputs["logits"]) < 1e-5
    logs = check_step(model, gradients, INPUTS, y, WEIGHTS)
    assert logs["loss"] == pytest.approx(outputs["loss"], rel=1e-5)
    assert logs["accuracy"] == pytest.approx(1 / 5)
    check_training(model, make, INPUTS, y, tmp_path / "model.keras", WEIGHTS)


def test_classes():
    model = make()
    assert model.classes == ["O", "B", "I"] and model.num_classes == 3
    assert BertTokenClassifier(make_backbone(use_pooler=False), num_classes=4).num_classes == 4


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y[:, :4], r"\(2, 6\). Received: \(2, 4\)"),
        (Y[:, 0], r"\(rows, places\), .*y of shape \(2,\)"),
        (Y[:1], "2 in x, 1 in y"),
        (Y + 1, r"must lie in 0..2, .*row 0 is \[1, 2, 3, 1, 1, 1\]"),
        (np.where(WEIGHTS, Y, -100), "also where their weight is 0"),
        (Y.astype("float32"), "must be integers"),
        (np.eye(3)[Y], r"y of shape \(2, 6, 3\)"),
        ([[0, 1], [0]], "as many in each row"),
    ],
)
def test_bad_targets(model, y, message):
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call(INPUTS, y, verbose=0)


@pytest.mark.parametrize("kwargs", [{"sample_weight": np.ones(2)}, {"class_weight": {0: 0.5}}])
def test_weights_of_rows(model, kwargs):
    with pytest.raises(ValueError, match="`sample_weight` must have the shape of the targets"):
        model.fit(INPUTS, Y, **kwargs, verbose=0)


def test_bad_inputs(model):
    with pytest.raises(ValueError, match="`token_ids` must lie"):
        model.predict({**INPUTS, "token_ids": INPUTS["token_ids"] - 1}, verbose=0)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({}, "One of `classes` and `num_classes`"),
        ({"num_classes": 1}, "must be at least 2"),
        ({"classes": ["O"]}, "must be at least 2"),
        ({"classes": ["O", "O"]}, "must be different names"),
        ({"classes": ["O", "B"], "num_classes": 3}, "must be the number of `classes`"),
        ({"num_classes": 2, "dropout_rate": 1.0}, "`dropout_rate` must lie"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        BertTokenClassifier(make_backbone(), **kwargs)
