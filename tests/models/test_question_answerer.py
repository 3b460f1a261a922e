import numpy as np
import pytest

from kerabert.models import BertQuestionAnswerer
from tests.checks import check_training, largest_difference
from tests.models.peers import check_step, randomize, run_peer
from tests.models.test_backbone import INPUTS
from tests.models.test_masked_lm import right_at
from tests.tiny import TEXTS, make_plain_backbone, make_tokenizer

Y = {"start": np.array([0, 3]), "end": np.array([0, 4])}


def make(**kwargs):
    backbone = make_plain_backbone(use_pooler=False, **kwargs)
    return BertQuestionAnswerer(backbone, make_tokenizer(), sequence_length=20)


@pytest.fixture(scope="module")
def model():
    return make()


def test_trains_as_in_transformers(tmp_path):
    model = randomize(make())
    logits = model.predict(INPUTS, verbose=0)
    y = {
        "start": right_at(logits["start"], [True, True]),
        "end": right_at(logits["end"], [True, False]),
    }
    outputs, gradients = run_peer(
        model,
        "BertForQuestionAnswering",
        INPUTS,
        start_positions=y["start"],
        end_positions=y["end"],
    )
    for name in ("start", "end"):
        assert largest_difference(logits[name], outputs[f"{name}_logits"]) < 1e-5
    logs = check_step(model, gradients, INPUTS, y)
    assert logs["loss"] == pytest.approx(outputs["loss"], rel=1e-5)
    assert (logs["start_accuracy"], logs["end_accuracy"]) == (1.0, 0.5)
    check_training(model, make, INPUTS, y, tmp_path / "model.keras")


def test_rows_of_weight_0_do_not_count(model):
    weights = np.array([1.0, 0.0])
    other = {name: np.array([places[0], 5]) for name, places in Y.items()}
    losses = [
        model.evaluate(INPUTS, y, sample_weight=weights, verbose=0, return_dict=True)["loss"]
        for y in (Y, other)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y["start"], "must be a dict with the keys `start` and `end`. Received: ndarray"),
        ({"start": Y["start"]}, r"Received: \['start'\]"),
        (Y | {"end": [0, 6]}, "0..5. Received: row 1 is 6"),
        (Y | {"start": [-1, 3]}, "0..5. Received: row 0 is -1"),
        (Y | {"end": [0]}, "2 in x, 1 in y"),
        (Y | {"end": [[0, 1], [1, 2]]}, r"y of shape \(2, 2\)"),
    ],
)
def test_bad_targets(model, y, message):
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call(INPUTS, y, verbose=0)


def test_bad_inputs(model):
    with pytest.raises(ValueError, match="must be a tuple of two lists of str"):
        model.fit(TEXTS, Y, verbose=0)
    with pytest.raises(ValueError, match="must have the keys"):
        model.predict({"token_ids": INPUTS["token_ids"]}, verbose=0)
