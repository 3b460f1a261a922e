import numpy as np
import pytest

from kerabert.losses import MultipleNegativesRanking
from tests.checks import to_numpy
from tests.losses.vectors import check_config, check_like_peer, make_numbers, make_vectors, run_ours

BOTH = {"directions": ("query_to_doc", "doc_to_query"), "partition_mode": "per_direction"}


@pytest.mark.parametrize("texts", [2, 4])
@pytest.mark.parametrize(("symmetric", "settings"), [(False, {}), (True, BOTH)])
def test_as_in_sentence_transformers(texts, symmetric, settings):
    loss = MultipleNegativesRanking(scale=5.0, symmetric=symmetric)
    name = "MultipleNegativesRankingLoss"
    check_like_peer(loss, make_numbers(texts), make_vectors(texts), name, scale=5.0, **settings)


def by_hand(numbers, vectors, scale):
    """Row by row, candidate by candidate."""
    units = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    rows, losses, right = range(len(numbers)), [], 0
    for i in rows:
        good = {numbers[j][1] for j in rows if numbers[j][0] == numbers[i][0]} | {numbers[i][0]}
        scores = [scale * units[i, 0] @ units[i, 1]]
        for j in rows:
            for text in range(1, numbers.shape[1]):
                if numbers[j][text] not in good and numbers[j][text] >= 0:
                    scores.append(scale * units[i, 0] @ units[j, text])
        losses.append(np.log(np.exp(scores).sum()) - scores[0])
        right += scores[0] == max(scores)
    return np.array(losses), right


def test_what_is_no_negative():
    # Row 2 has the anchor of row 0; row 3 the positive of row 1, and row 1's anchor as a negative;
    # row 0 lacks its second negative.
    numbers = np.array([[0, 1, 2, -1], [3, 4, 5, 6], [0, 7, 8, 9], [10, 4, 3, 1]])
    vectors = make_vectors(4)
    losses, right = by_hand(numbers, vectors, 3.0)
    loss = MultipleNegativesRanking(scale=3.0, reduction="none")
    np.testing.assert_allclose(to_numpy(loss(numbers, vectors)), losses, rtol=1e-5)
    targets, scores = map(to_numpy, loss.compare(numbers, vectors))
    assert targets.tolist() == [0, 1, 2, 3] and scores.shape == (4, 12)
    assert (scores.argmax(axis=1) == targets).sum() == right
    assert (scores > -1e8).sum(axis=1).tolist() == [9, 9, 9, 10]


def test_weights_of_rows():
    numbers, vectors = make_numbers(3), make_vectors(3)
    losses, _ = by_hand(numbers, vectors, 20.0)
    weights = np.array([0.0, 1.0, 2.0, 0.5], "float32")
    value, _ = run_ours(MultipleNegativesRanking(), numbers, vectors, weights)
    assert value == pytest.approx((losses * weights).mean(), rel=1e-5)


def test_far_scores_stay_finite():
    value, gradient = run_ours(
        MultipleNegativesRanking(scale=1e4), make_numbers(2), make_vectors(2) * 0
    )
    assert value == pytest.approx(np.log(4), rel=1e-5) and np.isfinite(gradient).all()


def test_config():
    check_config(MultipleNegativesRanking(scale=7, symmetric=True, reduction="sum"))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"scale": 0}, "`scale` must be a positive number"),
        ({"symmetric": 1}, "`symmetric` must be a bool"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        MultipleNegativesRanking(**kwargs)


@pytest.mark.parametrize("shape", [(4, 6), (4, 1, 6)])
def test_too_few_texts(shape):
    with pytest.raises(ValueError, match=r"must be given 2 or more texts a row. .*\(4, "):
        MultipleNegativesRanking()(np.zeros((4, 2)), np.zeros(shape, "float32"))
