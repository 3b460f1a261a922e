"""The arrays that an embedder takes: of single texts, or of rows of several."""

from typing import Any

from keras import ops

from kerabert.models.inputs import check_arrays


def check_embedder_inputs(x: Any, backbone: Any) -> None:
    """Raise `ValueError` unless `x` is a dict of arrays that an embedder can take, or a tuple.

    Args:
        x: dict of arrays (batch, sequence) or (batch, texts, sequence); or a tuple of such.
        backbone: `BertBackbone`.
    """
    if isinstance(x, tuple | list):
        for part in x:
            check_embedder_inputs(part, backbone)
        return
    shapes = {name: tuple(getattr(values, "shape", ())) for name, values in x.items()}
    shape = next(iter(shapes.values()), ())
    if len(shape) == 3 and set(shapes.values()) == {shape} and all(shape):
        x = {name: ops.convert_to_numpy(values).reshape(-1, shape[2]) for name, values in x.items()}
    check_arrays(x, backbone)


def number_texts(x: dict[str, Any]) -> Any:
    """Return what a loss of vectors takes for rows of arrays: all texts are different.

    Args:
        x: dict of tensors (batch, texts, sequence).

    Returns:
        int32 (batch, texts), -1 where a row has no text, but all padding.
    """
    exists = ops.any(ops.cast(x["padding_mask"], "bool"), axis=-1)
    numbers = ops.cumsum(ops.reshape(ops.ones_like(exists, dtype="int32"), (-1,)))
    return ops.where(exists, ops.reshape(numbers, ops.shape(exists)), -1)
