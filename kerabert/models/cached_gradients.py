"""Vectors of many rows in the memory of a few, gradients included.

The rows are embedded chunk by chunk, and nothing but the vectors is kept. When the gradient of the
loss with respect to the vectors is known, each chunk is embedded again, and its part of the
weights' gradient added to the others'. So a batch takes the memory of a chunk, and a third more
time; the gradient is the same, since a loss depends on the weights by way of the vectors alone.

Source: Gao et al., 2021, section 3.2 (GradCache).
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

Inputs = dict[str, Any]
Run = Callable[[Inputs], Any]


def embed_in_chunks(
    run: Run, x: Inputs, chunk_size: int, seeds: Sequence[keras.Variable] = ()
) -> Any:
    """Return `run(x)`, computed chunk by chunk, and so its gradient.

    Args:
        run: function of inputs (rows, sequence) that returns float32 (rows, dim), each row's of
            that row alone.
        x: dict of tensors (rows, sequence).
        chunk_size: int, rows of a chunk.
        seeds: the states of the generators that `run` draws from, once each: a chunk draws the
            same numbers both times it is embedded, and others than the chunk before.

    Returns:
        float32 (rows, dim).
    """
    rows = ops.shape(x["token_ids"])[0]
    if isinstance(rows, int) and rows <= chunk_size:
        return run(x)
    num_chunks = (rows + chunk_size - 1) // chunk_size
    # The last chunk is filled up with its last row, whose further vectors nobody uses.
    places = ops.minimum(ops.arange(num_chunks * chunk_size), rows - 1)
    chunks = {
        name: ops.reshape(ops.take(values, places, axis=0), (-1, chunk_size, ops.shape(values)[1]))
        for name, values in x.items()
    }
    states = []
    for seed in seeds:
        # What a generator would say when asked as often as there are chunks.
        counts = ops.cast(ops.arange(num_chunks), seed.dtype)
        start = ops.convert_to_tensor(seed.value)
        states.append(start[None] + ops.stack([ops.zeros_like(counts), counts], axis=1))
        seed.assign(states[-1][-1] + ops.convert_to_tensor([0, 1], dtype=seed.dtype))

    def embed(chunk: Inputs, chunk_states: Sequence[Any]) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(seeds, chunk_states, strict=True))):
            return run(chunk)

    backend = keras.backend.backend()
    if backend == "jax":
        vectors = _on_jax(run, chunks, states, seeds)
    elif backend == "tensorflow":
        vectors = _on_tensorflow(embed, chunks, states)
    else:
        vectors = _on_torch(embed, chunks, states)
    return ops.reshape(vectors, (-1, vectors.shape[-1]))[:rows]


def _on_jax(run: Run, chunks: Inputs, states: list[Any], seeds: Sequence[keras.Variable]) -> Any:
    import jax

    def embed(chunk_and_states: Any) -> Any:
        chunk, chunk_states = chunk_and_states
        # In the scope of Keras' step, which holds the weights, too: a scope of its own would
        # hide them.
        for seed, state in zip(seeds, chunk_states, strict=True):
            seed.assign(state)
        return run(chunk)

    after = [ops.convert_to_tensor(seed.value) for seed in seeds]
    vectors = jax.lax.map(jax.checkpoint(embed), (chunks, states))
    for seed, state in zip(seeds, after, strict=True):
        seed.assign(state)
    return vectors


def _on_torch(embed: Callable[..., Any], chunks: Inputs, states: list[Any]) -> Any:
    import torch
    from torch.utils.checkpoint import checkpoint

    parts = []
    for i in range(len(chunks["token_ids"])):
        chunk = {name: values[i] for name, values in chunks.items()}
        # It puts the state of PyTorch's own generator back by itself.
        part = checkpoint(embed, chunk, [state[i] for state in states], use_reentrant=False)
        parts.append(part)
    return torch.stack(parts)


def _on_tensorflow(embed: Callable[..., Any], chunks: Inputs, states: list[Any]) -> Any:
    # `tf.recompute_grad` would compute all chunks at once, each as soon as it can be.
    import tensorflow as tf

    @tf.custom_gradient
    def embed_all(token_ids: Any) -> Any:
        data = ({**chunks, "token_ids": token_ids}, states)
        vectors = tf.map_fn(
            lambda element: embed(*element),
            data,
            fn_output_signature=tf.float32,
            parallel_iterations=1,
        )

        def gradient(upstream: Any, variables: Any = None) -> Any:
            variables = variables or []

            def add(totals: Any, element: Any) -> Any:
                chunk, chunk_upstream = element
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(variables)
                    part = embed(*chunk)
                gradients = tape.gradient(
                    part,
                    variables,
                    output_gradients=chunk_upstream,
                    unconnected_gradients=tf.UnconnectedGradients.ZERO,
                )
                # That of a table is of a few rows: in a sum, all of them.
                return [a + tf.convert_to_tensor(b) for a, b in zip(totals, gradients, strict=True)]

            totals = tf.foldl(
                add,
                (data, upstream),
                initializer=[tf.zeros_like(variable) for variable in variables],
                parallel_iterations=1,
            )
            return None, totals

        return vectors, gradient

    return embed_all(chunks["token_ids"])
