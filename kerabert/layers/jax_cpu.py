"""Products, attention and dropout for JAX in a CPU.

XLA multiplies and sums few rows by other kernels than many, which sum in another order: a text
alone would come out another way, by some 1e-6, than the same text in a batch. What is faster than
JAX' own says so.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

_LONG = 320  # tokens of a sequence that is attended to alone


def is_used() -> bool:
    """Whether the backend is JAX, in a CPU."""
    if keras.backend.backend() != "jax":
        return False
    import jax

    return bool(jax.default_backend() == "cpu")


def multiply(x: Any, kernel: Any) -> Any:
    """Return `x @ kernel`, of rows enough for the kernel that takes many.

    Args:
        x: float tensor (..., inputs).
        kernel: float tensor (inputs, outputs).
    """
    fewest = _fewest_rows(x.shape[-1], kernel.shape[-1])
    return with_rows(fewest, lambda rows: ops.matmul(rows, kernel), x)


def with_rows(fewest: int, function: Callable[[Any], Any], x: Any) -> Any:
    """Return `function(x)`, which is given at least so many rows; those beyond x's are zeros.

    Args:
        fewest: how many rows.
        function: what is computed for each row alone, (..., inputs) to (..., outputs).
        x: float tensor (..., inputs).
    """
    *leading, num_inputs = x.shape
    if not all(isinstance(size, int) for size in leading):
        return function(x)  # a graph for any shape, to be exported
    num_rows = math.prod(leading)
    if num_rows >= fewest or num_rows == 0:
        return function(x)
    rows = ops.pad(ops.reshape(x, (num_rows, num_inputs)), [[0, fewest - num_rows], [0, 0]])
    y = function(rows)[:num_rows]
    return ops.reshape(y, (*leading, y.shape[-1]))


def _fewest_rows(num_inputs: int, num_outputs: int) -> int:
    """Rows from which on a product is the many-row kernel's; measured, and rounded up."""
    if num_outputs < 16:
        return 2
    if num_inputs <= 512 or num_outputs % 64:
        return 64
    return 32 if num_inputs < 1024 else 2


def attend(query: Any, key: Any, value: Any, mask: Any) -> Any:
    """Return `softmax(Q K^T / sqrt(head_dim)) V`, divided by the sums of its rows at the end.

    With long sequences that is several times as fast as `jax.nn.dot_product_attention`, which
    divides all weights. Long ones are computed one after another, whose weights a cache holds.

    Args:
        query, key, value: float tensors (batch, sequence, heads, head_dim).
        mask: bool tensor (batch, 1, 1 or sequence, sequence), False at what must not be looked at;
            None for nothing.

    Returns:
        A float tensor (batch, sequence, heads, head_dim).
    """
    batch, length = query.shape[:2]
    if isinstance(batch, int) and batch > 1 and isinstance(length, int) and length >= _LONG:
        import jax

        rows = [x[:, None] for x in (query, key, value)]
        if mask is not None:
            rows.append(ops.broadcast_to(mask, (batch, *mask.shape[1:]))[:, None])
        return jax.lax.map(lambda row: _attend(*row), rows)[:, 0]
    return _attend(query, key, value, mask)


def _attend(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    query, key, value = (ops.transpose(x, (0, 2, 1, 3)) for x in (query, key, value))
    scores = ops.matmul(query * query.shape[-1] ** -0.5, ops.transpose(key, (0, 1, 3, 2)))
    scores = ops.cast(scores, "float32")  # (batch, heads, sequence, sequence)
    if mask is not None:
        # Large, not infinite: a row without any token gets even weights in place of NaN.
        scores += (1.0 - ops.cast(mask, "float32")) * -1e30
    weights = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True)))
    x = ops.cast(ops.matmul(ops.cast(weights, value.dtype), value), "float32")
    x = ops.cast(x / ops.sum(weights, axis=-1, keepdims=True), value.dtype)
    return ops.transpose(x, (0, 2, 1, 3))


def drop(x: Any, rate: float, seed: Any) -> Any:
    """Return x with a share of its values set to zero, and the others divided by the rest.

    That is four times as fast as `jax.random.bernoulli`, whose bits XLA does not vectorise.

    Args:
        x: float tensor of any shape.
        rate: float in (0, 1), the probability of a zero.
        seed: integer tensor (2,), the key of the Threefry generator.
    """
    import jax

    state = jax.numpy.pad(jax.numpy.asarray(seed, "uint32"), (0, 2))  # the key, and where to begin
    _, bits = jax.lax.rng_bit_generator(
        state, x.shape, algorithm=jax.lax.RandomAlgorithm.RNG_THREE_FRY
    )
    is_kept = bits >= jax.numpy.uint32(rate * 2**32)
    return jax.numpy.where(is_kept, x / (1.0 - rate), jax.numpy.zeros((), x.dtype))
