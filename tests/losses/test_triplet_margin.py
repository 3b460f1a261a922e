import numpy as np
import pytest

from kerabert.losses import TripletMargin
from tests.checks import to_numpy
from tests.losses.vectors import check_config, check_like_peer, make_numbers, make_vectors, run_ours


@pytest.mark.parametrize("distance", ["cosine", "euclidean", "manhattan"])
def test_as_in_sentence_transformers(distance):
    losses = pytest.importorskip("sentence_transformers.sentence_transformer.losses")
    metric = getattr(losses.TripletDistanceMetric, distance.upper())
    loss = TripletMargin(margin=1.5, distance=distance)
    settings = {"distance_metric": metric, "triplet_margin": 1.5}
    check_like_peer(loss, make_numbers(3), make_vectors(3), "TripletLoss", **settings)


def test_several_negatives_are_averaged_where_they_are():
    vectors, numbers = make_vectors(4), make_numbers(4)
    numbers[1, 3] = -1
    value = to_numpy(TripletMargin(reduction="none")(numbers, vectors))
    first, second = (
        to_numpy(TripletMargin(reduction="none")(numbers[:, :3], vectors[:, texts]))
        for texts in ([0, 1, 2], [0, 1, 3])
    )
    expected = (first + second) / 2
    expected[1] = first[1]
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_accuracy_counts_positives_that_are_nearer_than_all_negatives():
    near, far, farther = [1.0, 0.0], [0.6, 0.8], [0.0, 1.0]
    vectors = np.array(
        [
            [near, near, far, farther],
            [near, far, near, farther],
            [near, far, far, far],
            [near, far, farther, near],
        ]
    )
    numbers = np.array([[0, 0, 1, 2], [0, 1, 0, 2], [0, 1, 1, 1], [0, 1, 2, -1]])
    loss = TripletMargin()
    targets, nearness = map(to_numpy, loss.compare(numbers, vectors))
    assert (nearness.argmax(axis=1) == targets).tolist() == [True, False, False, True]


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_equal_vectors_have_a_gradient(distance):
    _, gradient = run_ours(
        TripletMargin(distance=distance), make_numbers(3), np.ones((4, 3, 6), "float32")
    )
    assert np.isfinite(gradient).all()


def test_config():
    check_config(TripletMargin(margin=2, distance="manhattan"))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"margin": 0}, "`margin` must be a positive number"),
        ({"distance": "dot"}, "`distance` must be one of"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        TripletMargin(**kwargs)


def test_two_texts():
    with pytest.raises(ValueError, match="must be given 3 or more texts a row"):
        TripletMargin()(make_numbers(2), make_vectors(2))
