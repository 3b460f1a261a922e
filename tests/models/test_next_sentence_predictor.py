import numpy as np
import pytest

from kerabert.models import BertNextSentencePredictor
from tests.checks import check_training, largest_difference
from tests.models.peers import check_step, randomize, run_peer
from tests.models.test_backbone import INPUTS
from tests.tiny import make_backbone, make_plain_backbone, make_tokenizer

PAIRS = (["good film", "it was very bad .", "not"], ["it was great", "awful", "very good . not"])
LABELS = [0, 1, 1]


def make(**kwargs):
    backbone = make_plain_backbone(**kwargs)
    return BertNextSentencePredictor(backbone, make_tokenizer(), sequence_length=20)


@pytest.fixture(scope="module")
def model():
    return make()


def test_trains_as_in_transformers(tmp_path):
    model = randomize(make())
    logits = model.predict(INPUTS, verbose=0)
    y = np.array([logits[0].argmax(), logits[1].argmin()])
    outputs, gradients = run_peer(model, "BertForNextSentencePrediction", INPUTS, labels=y)
    assert largest_difference(logits, outputs["logits"]) < 1e-5
    logs = check_step(model, gradients, INPUTS, y)
    assert logs["loss"] == pytest.approx(outputs["loss"], rel=1e-5)
    assert logs["accuracy"] == 0.5
    check_training(model, make, INPUTS, y, tmp_path / "model.keras")


def test_single_texts(model):
    for call in (model.predict, model.evaluate, model.fit):
        with pytest.raises(ValueError, match="must come in pairs"):
            call(PAIRS[0], verbose=0)


@pytest.mark.parametrize(
    ("y", "message"), [([0, 1, 2], "0..1. Received: row 2 is 2"), ([0, 1], "3 in x, 2 in y")]
)
def test_bad_targets(model, y, message):
    with pytest.raises(ValueError, match=message):
        model.fit(PAIRS, y, verbose=0)


def test_a_backbone_without_a_pooler():
    with pytest.raises(ValueError, match="must have a pooler"):
        BertNextSentencePredictor(make_backbone(use_pooler=False))
