import numpy as np

from kerabert.layers.dropout import ReplayableDropout
from tests.checks import to_numpy

X = np.ones((40, 50), "float32")


def test_is_the_identity_outside_training():
    layer = ReplayableDropout(0.5, seed=1)
    assert (to_numpy(layer(X)) == X).all()
    assert (to_numpy(layer(X, training=False, seed=layer.draw_seed())) == X).all()


def test_drops_the_share_and_keeps_the_mean():
    y = to_numpy(ReplayableDropout(0.25, seed=1)(X, training=True))
    dropped = (y == 0).mean()
    assert abs(dropped - 0.25) < 4 * (0.25 * 0.75 / X.size) ** 0.5
    np.testing.assert_allclose(y[y != 0], 1 / 0.75, rtol=1e-6)


def test_a_drawn_seed_replays_and_the_next_one_differs():
    layer = ReplayableDropout(0.5, seed=1)
    first, second = layer.draw_seed(), layer.draw_seed()
    one = to_numpy(layer(X, training=True, seed=first))
    assert (to_numpy(layer(X, training=True, seed=first)) == one).all()
    assert (to_numpy(layer(X, training=True, seed=second)) != one).any()


def test_rate_zero_draws_nothing():
    layer = ReplayableDropout(0.0)
    assert layer.draw_seed() is None
    assert (to_numpy(layer(X, training=True)) == X).all()
