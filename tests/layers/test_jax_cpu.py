import keras
import numpy as np
import pytest

from kerabert.layers import jax_cpu
from tests.checks import check_dropped, largest_difference

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("num_rows", [1, 5, 64, 70])
@pytest.mark.parametrize("shape", [(24, 3), (24, 32), (768, 64), (1024, 64)])
def test_a_product_is_that_of_numpy(num_rows, shape):
    x, kernel = RNG.normal(size=(2, num_rows, shape[0])), RNG.normal(size=shape)
    found = jax_cpu.multiply(*(keras.ops.convert_to_tensor(a, "float32") for a in (x, kernel)))
    assert found.shape == (2, num_rows, shape[1])
    assert largest_difference(found, x @ kernel) < 1e-3
    none = jax_cpu.multiply(found[:, :0], keras.ops.ones((shape[1], 2)))
    assert none.shape == (2, 0, 2)


@pytest.mark.parametrize("mask_rows", [None, 1, 7])
def test_attention_is_that_of_keras(mask_rows):
    query, key, value = (
        keras.ops.convert_to_tensor(RNG.normal(size=(3, 7, 2, 4)), "float32") for _ in range(3)
    )
    mask = None
    if mask_rows is not None:
        mask = RNG.random((3, 1, mask_rows, 7)) < 0.5
        mask[..., 0] = True
    expected = keras.ops.dot_product_attention(query, key, value, mask=mask, is_causal=False)
    assert largest_difference(jax_cpu.attend(query, key, value, mask), expected) < 1e-5


def test_large_scores_do_not_overflow():
    x = keras.ops.convert_to_tensor(1000 * RNG.normal(size=(1, 5, 2, 4)), "float32")
    assert np.isfinite(keras.ops.convert_to_numpy(jax_cpu.attend(x, x, x, None))).all()


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="the generator is JAX's")
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_dropout_drops_its_share_by_each_seed_elsewhere(rate):
    import jax

    x = np.full((500, 401), 3.0, "float32")
    ones, others = (
        np.array(jax.jit(lambda seed: jax_cpu.drop(x, rate, seed))(seed)) == 0
        for seed in ([7, 1], [7, 2])
    )
    check_dropped(ones, others, rate)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="the generator is JAX's")
def test_dropout_keeps_the_dtype_and_has_the_gradient_of_its_mask():
    import jax

    x = np.ones((30, 40), "float32")
    y, pull = jax.vjp(lambda x: jax_cpu.drop(x, 0.25, [0, 3]), x)
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.75)}
    assert (np.array(pull(np.ones_like(x))[0]) == np.array(y)).all()
    assert jax_cpu.drop(jax.numpy.ones((3, 4), "bfloat16"), 0.1, [0, 1]).dtype == "bfloat16"
