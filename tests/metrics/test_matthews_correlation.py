import keras
import numpy as np
import pytest
import sklearn.metrics

from kerabert.metrics import MatthewsCorrelation
from tests.metrics.test_class_f1 import check_classes


@pytest.mark.parametrize("num_classes", [2, 5])
def test_equal_to_scikit_learn(num_classes):
    check_classes(60, "matthews", num_classes)


@pytest.mark.slow
@pytest.mark.parametrize("num_classes", [2, 5])
def test_equal_to_scikit_learn_in_many_cases(num_classes):
    check_classes(10_000, "matthews", num_classes)


def test_a_rare_class():
    """The counts' products are far beyond what float32 holds."""
    y = np.zeros(200_000, "int32")
    y[:7] = 1
    found = np.roll(y, 3)
    metric = MatthewsCorrelation(2)
    metric.update_state(y, np.eye(2)[found])
    expected = sklearn.metrics.matthews_corrcoef(y, found)
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_config():
    metric = MatthewsCorrelation(3, name="mcc")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.get_config() == metric.get_config()
    assert metric._direction == "up" and float(metric.result()) == 0
    with pytest.raises(ValueError, match="must be at least 2"):
        MatthewsCorrelation(1)
