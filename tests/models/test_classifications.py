import numpy as np
import pytest

from kerabert.models.classifications import class_probabilities, read_classifications

LOGITS = np.array([[0.0, 2.0, -1.0], [1000.0, -1000.0, 0.0]], "float32")


def test_probabilities():
    softmax = class_probabilities(LOGITS, multi_label=False)
    assert softmax.dtype == "float64"
    assert softmax[0] == pytest.approx(np.exp(LOGITS[0]) / np.exp(LOGITS[0]).sum(), abs=1e-6)
    assert softmax[1].tolist() == [1, 0, 0]
    with np.errstate(over="ignore"):
        sigmoid = class_probabilities(LOGITS, multi_label=True)
    assert sigmoid[0] == pytest.approx(1 / (1 + np.exp(-LOGITS[0])), abs=1e-6)
    assert sigmoid[1].tolist() == [1, 0, 0.5]


def test_reading():
    names, probabilities = ["a", "b", "c"], np.array([[0.2, 0.7, 0.6]])
    (one,) = read_classifications(probabilities, names, None)
    assert one.labels == ("b",) and one.label == "b" and one.score == 0.7
    (many,) = read_classifications(probabilities, names, 0.5)
    assert many.labels == ("b", "c") and many.scores == {"a": 0.2, "b": 0.7, "c": 0.6}
    (none,) = read_classifications(probabilities, names, 0.9)
    assert none.labels == () and none.label is None and none.score == 0.7
