import numpy as np
import pytest

from kerabert.losses import CosineRegression, MultipleNegativesRanking, TripletMargin
from kerabert.losses.vector_loss import best_of_row, unit_vectors
from tests.checks import to_numpy
from tests.losses.vectors import make_vectors


def test_unit_vectors_have_length_one_and_zeros_stay():
    vectors = make_vectors(2)
    vectors[0, 0] = 0
    units = to_numpy(unit_vectors(vectors))
    lengths = np.linalg.norm(units, axis=-1)
    assert lengths[0, 0] == 0
    np.testing.assert_allclose(np.delete(lengths.ravel(), 0), 1, rtol=1e-6)
    np.testing.assert_allclose(
        units[1, 1], vectors[1, 1] / np.linalg.norm(vectors[1, 1]), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("loss", "few", "needed"),
    [
        (CosineRegression(), 3, "2"),
        (MultipleNegativesRanking(), 1, "2 or more"),
        (TripletMargin(), 2, "3 or more"),
    ],
)
def test_the_number_of_texts_is_checked(loss, few, needed):
    loss.check_vectors(make_vectors(loss.fewest_texts))
    with pytest.raises(ValueError, match=f"must be given {needed} texts a row"):
        loss.check_vectors(make_vectors(few))
    with pytest.raises(ValueError, match="vectors of shape"):
        loss.check_vectors(make_vectors(2)[:, 0])


def test_the_best_of_a_row():
    metric = best_of_row("accuracy")
    metric.update_state(np.array([0, 1]), np.array([[0.9, 0.1, 0.0], [0.2, 0.1, 0.7]]))
    assert metric.name == "accuracy" and float(metric.result()) == 0.5
