import numpy as np
import pytest

from kerabert.metrics.class_counts import ClassCounts
from tests.checks import to_numpy


def counts(metric):
    return to_numpy([metric.num_true, metric.num_predicted, metric.num_correct])


def test_counts():
    metric = ClassCounts(3)
    logits = np.array([[0.0, 2, 1], [3, 0, 0], [0, 0, -1]])
    metric.update_state(np.array([[1], [2], [0]]), logits)
    np.testing.assert_array_equal(counts(metric), [[1, 1, 1], [2, 1, 0], [1, 1, 0]])
    metric.update_state(np.array([2]), logits[:1], np.array([0.5]))
    np.testing.assert_array_equal(counts(metric), [[1, 1, 1.5], [2, 1.5, 0], [1, 1, 0]])
    metric.reset_state()
    assert not np.any(counts(metric))


def test_counts_of_any_number_of_classes():
    metric = ClassCounts(2, threshold=0.0)
    y = np.array([[1, 1], [0, 1], [0, 0]])
    metric.update_state(y, np.array([[0.1, -0.1], [0.0, 3.0], [-1, 1]]), np.array([1, 2, 0]))
    np.testing.assert_array_equal(counts(metric), [[1, 3], [3, 2], [1, 2]])


@pytest.mark.parametrize("kwargs", [{"num_classes": 0}, {"num_classes": 2, "threshold": "0"}])
def test_bad_arguments(kwargs):
    with pytest.raises(ValueError, match=f"`{list(kwargs)[-1]}` must be"):
        ClassCounts(**kwargs)
