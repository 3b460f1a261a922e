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


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="the loop is JAX's")
@pytest.mark.parametrize("mask_shape", [None, (1, 1, 1, 320), (2, 1, 1, 320), (2, 1, 320, 320)])
def test_long_sequences_are_attended_to_one_by_one(mask_shape):
    import jax

    attend = jax.jit(jax_cpu.attend)  # as in a model: compiled
    query, key, value = (
        keras.ops.convert_to_tensor(RNG.normal(size=(2, 320, 2, 4)), "float32") for _ in range(3)
    )
    mask = None
    if mask_shape is not None:
        mask = RNG.random(mask_shape) < 0.5
        mask[..., 0] = True
    found = attend(query, key, value, mask)
    expected = keras.ops.dot_product_attention(query, key, value, mask=mask, is_causal=False)
    assert largest_difference(found, expected) < 1e-5
    for i in range(2):
        row = None if mask is None else mask[i % len(mask) :][:1]
        alone = attend(query[i : i + 1], key[i : i + 1], value[i : i + 1], row)
        assert largest_difference(found[i : i + 1], alone) == 0


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
