"""What people hand to `fit`, `evaluate` and `predict`: telling kinds apart, and checking."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np

from kerabert.layers.ids import check_ids
from kerabert.text.arguments import pairs, strings
from kerabert.text.batches import TokenBatches

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
        or type(x).__module__.split(".")[0] == "grain"
    )


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
    if isinstance(x, str | bytes | dict) or not isinstance(x, Iterable):
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


Check = Callable[[dict[str, Any]], None]  # raises `ValueError` for inputs that are refused


def check_batch(batch: Any, check: Check) -> Any:
    """Check the inputs of a batch (x, y, ...) of a dataset, and return the batch."""
    x = batch[0] if isinstance(batch, tuple) else batch
    if isinstance(x, dict):
        check(x)
    return batch


class CheckedBatches(keras.utils.PyDataset):
    """A `PyDataset` whose inputs are checked as they come.

    Args:
        batches: `keras.utils.PyDataset`.
        check: function of a dict of inputs that raises `ValueError` for what it refuses.
    """

    def __init__(self, batches: Any, check: Check) -> None:
        super().__init__(
            workers=batches.workers,
            use_multiprocessing=batches.use_multiprocessing,
            max_queue_size=batches.max_queue_size,
        )
        self.batches = batches
        self.check = check

    @property
    def num_batches(self) -> int | None:
        return self.batches.num_batches

    def __getitem__(self, index: int) -> Any:
        return check_batch(self.batches[index], self.check)

    def on_epoch_begin(self) -> None:
        self.batches.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self.batches.on_epoch_end()


def check_dataset(x: Any, check: Check, vocabulary_size: int) -> Any:
    """Return a dataset whose batches are checked where that can be done in passing.

    A `PyDataset` or a generator is checked batch by batch. Others (tf.data, DataLoader, grain)
    are handed to Keras as they are.
    """
    if isinstance(x, TokenBatches):
        check_ids("token_ids", x.token_id_range, vocabulary_size)
        return x
    if isinstance(x, keras.utils.PyDataset):
        return CheckedBatches(x, check)
    if isinstance(x, Iterator):
        return (check_batch(batch, check) for batch in x)
    return x


def describe(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"an array {x.dtype} {x.shape}"
    text = repr(x)
    return f"{text[:60]}{'...' if len(text) > 60 else ''} ({type(x).__name__})"
