import keras
import numpy as np
import pytest

from kerabert.losses import CosineRegression, Matryoshka, MultipleNegativesRanking
from tests.checks import to_numpy
from tests.losses.vectors import (
    SCORES,
    check_config,
    make_numbers,
    make_vectors,
    run_ours,
    run_peer,
)


def test_as_in_sentence_transformers():
    """Their Matryoshka shortens vectors within the model: here, the parts of the sum one by one."""
    torch = pytest.importorskip("torch")
    peer = pytest.importorskip("sentence_transformers.sentence_transformer.losses.matryoshka")
    vectors, numbers = make_vectors(3), make_numbers(3)
    value, gradient = run_ours(
        Matryoshka(MultipleNegativesRanking(), dims=[6, 3], weights=[1.0, 0.5]), numbers, vectors
    )
    expected, expected_gradient = 0.0, 0.0
    for dim, weight in ((6, 1.0), (3, 0.5)):
        whole = torch.tensor(vectors, requires_grad=True)
        short = peer.shrink(whole, dim)
        part, by_short = run_peer("MultipleNegativesRankingLoss", short.detach().numpy())
        short.backward(torch.tensor(by_short))
        expected += weight * part
        expected_gradient += weight * whole.grad.numpy()
    assert value == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(gradient, expected_gradient, atol=2e-6)


def test_it_is_its_loss_in_all_but_the_sizes():
    loss = Matryoshka(CosineRegression(), dims=[6])
    assert loss.takes_scores and loss.most_texts == 2
    vectors = make_vectors(2)
    assert float(loss(SCORES, vectors)) == pytest.approx(float(CosineRegression()(SCORES, vectors)))
    for one, other in zip(
        loss.compare(SCORES, vectors), CosineRegression().compare(SCORES, vectors), strict=True
    ):
        np.testing.assert_array_equal(to_numpy(one), to_numpy(other))
    assert [m.name for m in loss.default_metrics()] == [
        m.name for m in CosineRegression().default_metrics()
    ]


def test_config():
    check_config(Matryoshka(MultipleNegativesRanking(scale=3), dims=[6, 2], weights=[1, 2]))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((keras.losses.MeanSquaredError(), [2]), "must be a loss of vectors"),
        ((Matryoshka(CosineRegression(), [2]), [2]), "no Matryoshka itself"),
        ((CosineRegression(), []), "`dims` must be a list of different sizes"),
        ((CosineRegression(), [4, 4]), "`dims` must be a list of different sizes"),
        ((CosineRegression(), [0]), "`dims` must be a positive integer"),
        ((CosineRegression(), [4, 2], [1.0]), "`weights` must have one weight for each"),
        ((CosineRegression(), [4], [-1.0]), "`weights` must be a positive number"),
    ],
)
def test_bad_arguments(args, message):
    with pytest.raises(ValueError, match=message):
        Matryoshka(*args)


def test_a_size_above_the_vectors():
    with pytest.raises(ValueError, match=r"size of the vectors, 6. Received: dims=\[8, 2\]"):
        Matryoshka(CosineRegression(), dims=[8, 2])(SCORES, make_vectors(2))
