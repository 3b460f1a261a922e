"""How much each piece of a text adds to an output: integrated gradients over the embeddings."""

from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np
from keras import ops

from kerabert.text.document_packer import DocumentPacker
from kerabert.text.pair_windows import PairWindows
from kerabert.text.token_rows import Array, TokenRows

if TYPE_CHECKING:
    from kerabert.models.task import BertTask

BASELINES = ("[MASK]", "[PAD]", "zero")
_NODES_AT_ONCE = 16  # how many points of the way are computed at once


class Attributions(NamedTuple):
    """What the pieces of a text, or of a pair, add to an output.

    Attributes:
        scores: for each segment a float64 array with a score for each of its pieces that was read.
        output: float, the output for the text.
        baseline_output: float, the output where each piece is the baseline.
    """

    scores: list[Array]
    output: float
    baseline_output: float


def integrate_gradients(
    task: "BertTask",
    segments: list[list[int]],
    output: int,
    as_log_odds: bool,
    steps: int,
    baseline: str,
) -> Attributions:
    """Return the integrated gradients of one output over the word embeddings of a text.

    With `x` the vectors of the text's pieces, `b` the baseline's in their place, and `F` the
    output, each piece has the score

        sum over dimensions of (x - b) * integral over t in [0, 1] of dF/dx (b + t (x - b))

    The scores add up to `F(x) - F(b)`. The integral is a Gauss-Legendre sum of `steps` points.
    [CLS] and [SEP], positions and segments are the same all the way, and so have no score.

    Args:
        task: a task whose head is a dense layer on the pooled output.
        segments: one or two lists of ids.
        output: int, the number of the output.
        as_log_odds: bool, whether `F` is `logit - log(sum of exp(the other logits))`, the log-odds
            of a softmax, instead of the output itself.
        steps: int, points of the sum.
        baseline: str, "[MASK]" or "[PAD]", whose vectors stand for no word, or "zero".

    Source: Sundararajan et al., 2017, section 3.
    """
    packer, windows = _cut(task, segments)
    length = -(-int(_lengths(windows).max()) // 8) * 8  # few shapes: XLA compiles each
    length = min(length, task.sequence_length)
    if len(windows.row) > 1:
        length = len(windows.row) * task.sequence_length
    rows = [TokenRows.from_lists([ids]) for ids in segments]
    packed = packer(*rows, length=length)
    packed = {name: values.reshape(-1, values.shape[-1]) for name, values in packed.items()}
    vectors, start = _vectors(task, packed["token_ids"], windows, baseline)

    nodes, weights = np.polynomial.legendre.leggauss(steps)
    nodes = np.concatenate([[0, 1], (nodes + 1) / 2])  # at both ends: the output there
    weights = np.concatenate([[0, 0], weights / 2])
    at_once = max(1, min(len(nodes), _NODES_AT_ONCE // len(vectors)))
    compute = _Gradients(task, packed, output, as_log_odds)
    values, total = [], np.zeros(vectors.shape)
    for begin in range(0, len(nodes), at_once):
        some = np.resize(nodes[begin : begin + at_once], at_once)  # the last ones once more
        way = start + some[:, None, None, None].astype("float32") * (vectors - start)
        found, gradients = compute(way)
        count = len(nodes[begin : begin + at_once])
        values.append(found[:count])
        total += np.tensordot(weights[begin : begin + at_once], gradients[:count], axes=1)
    baseline_output, text_output = np.concatenate(values)[:2].tolist()
    scores = ((vectors - start) * total).sum(axis=-1)  # (windows, length)
    return Attributions(
        _by_piece(scores, windows, segments), float(text_output), float(baseline_output)
    )


def _cut(task: "BertTask", segments: list[list[int]]) -> tuple[Any, PairWindows]:
    rows = [TokenRows.from_lists([ids]) for ids in segments]
    packer = task.packer
    if isinstance(packer, DocumentPacker):
        return packer, packer.cut_windows(*rows)
    zero = np.zeros(1, "int64")
    return packer, PairWindows(*packer.truncate(*rows), zero, zero)


def _lengths(windows: PairWindows) -> Array:
    second = 0 if windows.second is None else windows.second.lengths + 1
    return windows.first.lengths + 2 + second


def _vectors(
    task: "BertTask", token_ids: Array, windows: PairWindows, baseline: str
) -> tuple[Array, Array]:
    """The word embeddings of windows, and those with the baseline in place of each piece."""
    tokenizer = task.require_tokenizer()
    table = task.backbone.embedding.token_embedding

    def look_up(ids: Any) -> Array:
        return np.asarray(ops.convert_to_numpy(ops.cast(table(np.asarray(ids)), "float32")))

    vectors = look_up(token_ids)
    start = vectors.copy()
    instead = np.zeros(vectors.shape[-1], "float32")
    if baseline != "zero":
        is_mask = baseline == "[MASK]"
        instead = look_up([tokenizer.mask_id if is_mask else tokenizer.padding_id])[0]
    for window, places in enumerate(_places(windows)):
        for columns in places:
            start[window, columns] = instead
    return vectors, start


def _places(windows: PairWindows) -> list[list[slice]]:
    """The columns of each segment of each window."""
    found = []
    for window, length in enumerate(windows.first.lengths.tolist()):
        places = [slice(1, 1 + length)]
        if windows.second is not None:
            begin = length + 2
            places.append(slice(begin, begin + int(windows.second.lengths[window])))
        found.append(places)
    return found


def _by_piece(scores: Array, windows: PairWindows, segments: list[list[int]]) -> list[Array]:
    """The scores of each segment's pieces, those of windows that overlap added."""
    long = 0 if len(segments) == 1 or len(segments[0]) > len(segments[1]) else 1
    found = [np.zeros(len(ids)) for ids in segments]
    ends = [0] * len(segments)
    for window, places in enumerate(_places(windows)):
        for number, columns in enumerate(places):
            begin = int(windows.start[window]) if number == long else 0
            end = begin + columns.stop - columns.start
            found[number][begin:end] += scores[window, columns]
            ends[number] = max(ends[number], end)
    return [values[:end] for values, end in zip(found, ends, strict=True)]


class _Gradients:
    """Computes an output and its gradient at word embeddings, on each backend.

    Args:
        task: the task.
        packed: dict of arrays (windows, length).
        output, as_log_odds: see `integrate_gradients`.

    Inputs:
        float32 array (points, windows, length, hidden_dim).

    Outputs:
        The outputs, float64 (points,), and the gradients, as the inputs.
    """

    def __init__(
        self, task: "BertTask", packed: dict[str, Array], output: int, as_log_odds: bool
    ) -> None:
        self.task = task
        self.rest = (packed["segment_ids"], packed["padding_mask"])
        chosen = np.zeros(task.output_shape[-1], "float32")
        chosen[output] = 1
        self.chosen = chosen
        self.as_log_odds = as_log_odds

    def __call__(self, vectors: Array) -> tuple[Array, Array]:
        arguments = (vectors.astype("float32"), *self.rest, self.chosen)
        compute = getattr(self, f"_on_{keras.backend.backend()}")
        values, gradients = compute(*arguments)
        return (
            np.asarray(ops.convert_to_numpy(values), "float64"),
            np.asarray(ops.convert_to_numpy(gradients), "float64"),
        )

    def _on_tensorflow(self, vectors: Array, *rest: Array) -> tuple[Any, Any]:
        import tensorflow as tf

        x = tf.constant(vectors)
        with tf.GradientTape() as tape:
            tape.watch(x)
            values = _forward(self.task, self.as_log_odds, x, *rest)
        return values, tape.gradient(values, x)

    def _on_torch(self, vectors: Array, *rest: Array) -> tuple[Any, Any]:
        import torch

        x = ops.convert_to_tensor(vectors).detach().requires_grad_()
        with torch.enable_grad():
            values = _forward(self.task, self.as_log_odds, x, *rest)
            (gradients,) = torch.autograd.grad(values.sum(), x)
        return values.detach(), gradients

    def _on_jax(self, *arguments: Array) -> tuple[Any, Any]:
        import jax

        task, as_log_odds = self.task, self.as_log_odds
        # The model keeps the compiled function; weights are arguments, not constants of it.
        compiled = task.__dict__.setdefault("_compiled_gradients", {})
        if as_log_odds not in compiled:

            def compute(vectors: Any, weights: Any, *rest: Any) -> tuple[Any, Any]:
                mapping = list(zip(task.variables, weights, strict=True))
                with keras.StatelessScope(state_mapping=mapping):
                    values = _forward(task, as_log_odds, vectors, *rest)
                return values.sum(), values

            compiled[as_log_odds] = jax.jit(jax.value_and_grad(compute, has_aux=True))
        vectors, *rest = arguments
        weights = [variable.value for variable in task.variables]
        (_, values), gradients = compiled[as_log_odds](vectors, weights, *rest)
        return values, gradients


def _forward(
    task: Any, as_log_odds: bool, vectors: Any, segment_ids: Any, padding_mask: Any, chosen: Any
) -> Any:
    """One output for each point: the task from word embeddings on."""
    points, windows, length, hidden = vectors.shape
    segment_ids, padding_mask, chosen = map(
        ops.convert_to_tensor, (segment_ids, padding_mask, chosen)
    )
    embedding = task.backbone.embedding
    x = vectors + ops.cast(embedding.segment_embedding(segment_ids), "float32")
    x = x + ops.cast(embedding.position_embedding(ops.arange(length)), "float32")
    x = embedding.layer_norm(ops.reshape(x, (points * windows, length, hidden)))
    mask = ops.tile(padding_mask, (points, 1))
    for block in task.backbone.blocks:
        x = block(x, padding_mask=mask, training=False)
    x = task.backbone.pooler(x)
    pooling = getattr(task, "pooling", None)
    if pooling is not None:
        x = ops.reshape(ops.cast(x, "float32"), (points, windows, hidden))
        x = pooling(x, ops.ones((points, windows), dtype="bool"))
    outputs = task.head_layers["classifier"](x)
    value = ops.sum(outputs * chosen, axis=-1)
    if as_log_odds:
        value = value - ops.logsumexp(ops.where(chosen > 0, -1e9, outputs), axis=-1)
    return value
