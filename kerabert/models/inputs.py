"""What people hand to `fit`, `evaluate` and `predict`: telling kinds apart, and checking."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from kerabert.layers.ids import check_ids
from kerabert.text.arguments import described, hides_members, is_table, pairs, strings

_ACCEPTED = (
    "`x` must be a list of str, a tuple of two lists of str (pairs), a dict of arrays "
    "(token_ids, segment_ids, padding_mask) or a dataset. "
)


def is_dataset(x: Any) -> bool:
    """Whether `x` yields batches by itself: PyDataset, tf.data, DataLoader, grain, generator."""
    return (
        isinstance(x, keras.utils.PyDataset)
        or hasattr(x, "__next__")
        or hasattr(x, "element_spec")  # tf.data, also distributed
        or hasattr(x, "batch_sampler")  # torch.utils.data.DataLoader
        or is_grain(x)
    )


def is_python_data(x: Any) -> bool:
    """Whether `x` is given, and is neither a dict of arrays nor a dataset: texts, words, rows."""
    return x is not None and not isinstance(x, dict) and not is_dataset(x)


def is_grain(x: Any) -> bool:
    """Whether `x` is a dataset or a loader of the library grain."""
    return any(parent.__module__.split(".")[0] == "grain" for parent in type(x).__mro__)


def has_strings(x: Any) -> bool:
    """Whether `x` is a `tf.data.Dataset` whose inputs are strings."""
    spec = getattr(x, "element_spec", None)
    while isinstance(spec, tuple):
        spec = spec[0]
    return getattr(getattr(spec, "dtype", None), "name", "") == "string"


def read_texts(x: Any) -> tuple[list[Any], list[Any] | None]:
    """Return the texts, or the first and the second texts of pairs.

    Args:
        x: a sequence of str, a tuple of two such sequences, or a sequence of pairs of str.

    Raises:
        ValueError: if it is something else, empty, or two sequences of different lengths.

    Example:

    >>> read_texts(["a", "b"])
    (['a', 'b'], None)
    >>> read_texts((["a", "b"], ["c", "d"])) == read_texts([("a", "c"), ("b", "d")])
    True
    """
    if hides_members(x) or not isinstance(x, Iterable):
        raise ValueError(f"{_ACCEPTED}Received: {describe(x)}")
    columns = isinstance(x, tuple) and len(x) == 2 and not any(isinstance(c, str) for c in x)
    rows = x.tolist() if hasattr(x, "tolist") else list(x)
    if columns or (rows and isinstance(rows[0], tuple | list)):
        first, second = pairs(x)
    else:
        first, second = strings(rows, "x"), None
    if not first:
        raise ValueError("`x` must hold at least one text. Received: none.")
    return first, second


def check_arrays(x: dict[str, Any], backbone: Any) -> None:
    """Raise `ValueError` unless `x` is a dict of arrays that the backbone can take."""
    names = {"token_ids", "segment_ids", "padding_mask"}
    if set(x) != names:
        raise ValueError(
            f"A dict of inputs must have the keys {sorted(names)}. Received: keys={sorted(x)}"
        )
    for name, values in x.items():
        if not hasattr(values, "shape") or not hasattr(values, "dtype"):
            raise ValueError(f"Inputs must be arrays. Received: {name} as {describe(values)}")
        if name != "padding_mask" and "int" not in str(values.dtype):
            raise ValueError(f"`{name}` must be integers. Received: {values.dtype}")
    shape = tuple(x["token_ids"].shape)
    for name, values in x.items():
        if tuple(values.shape) != shape or len(shape) != 2:
            raise ValueError(
                "Inputs must have one shape (batch, sequence). "
                f"Received: token_ids {shape}, {name} {tuple(values.shape)}."
            )
    if not all(shape):
        raise ValueError(f"Inputs must not be empty. Received: token_ids {shape}.")
    if shape[1] > backbone.max_sequence_length:
        raise ValueError(
            "A sequence must have at most `max_sequence_length` tokens. Received: "
            f"{shape[1]} tokens, max_sequence_length={backbone.max_sequence_length}."
        )
    check_ids("token_ids", x["token_ids"], backbone.vocabulary_size)
    check_ids("segment_ids", x["segment_ids"], backbone.num_segments)


def describe(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"an array {x.dtype} {x.shape}"
    if is_table(x):
        return described(x)
    text = repr(x)
    return f"{text[:60]}{'...' if len(text) > 60 else ''} ({type(x).__name__})"
