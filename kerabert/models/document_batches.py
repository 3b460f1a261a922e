"""Batches of texts of several windows, and the arguments that say how they are cut."""

from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerabert.layers.document_pooling import DOCUMENT_POOLINGS
from kerabert.models.inputs import check_arrays
from kerabert.text.batches import TokenBatches
from kerabert.text.document_packer import DocumentPacker, largest_stride

if TYPE_CHECKING:
    from kerabert.models.task import BertTask


class DocumentBatches(TokenBatches):
    """`TokenBatches` of windows, (batch, windows, sequence).

    Batches are of rows with about as many windows; those of one window are of similar length too.

    Args:
        first, second: as in `TokenBatches`.
        packer: `DocumentPacker`.
        num_buckets: int, see `DocumentPacker.choose_boundaries`.
        **kwargs: others of `TokenBatches`.
    """

    def __init__(
        self, first: Any, second: Any, *, packer: DocumentPacker, num_buckets: int, **kwargs: Any
    ) -> None:
        self.windows_and_tokens = packer.max_windows, packer.window_length
        num_tokens = packer.lengths(first, second)
        boundaries = packer.choose_boundaries(num_tokens, num_buckets)
        super().__init__(first, second, packer=packer, boundaries=boundaries, **kwargs)

    def _pack(self, place: int, length: int | None = None) -> tuple[Any, ...]:
        if length != _UNLIKE:
            return super()._pack(place, length)
        x, *rest = super()._pack(place)
        _, windows, tokens = x["token_ids"].shape
        more = self.windows_and_tokens[0] + 1 - windows, self.windows_and_tokens[1] + 8 - tokens
        widths = ((0, 0), (0, more[0]), (0, more[1]))  # larger than any batch has
        return {name: np.pad(values, widths) for name, values in x.items()}, *rest

    def _unlike_first(self, start: int) -> int | None:
        # Of the first two batches TensorFlow also learns that the numbers of windows differ.
        return _UNLIKE if len(self.shapes) > 1 else None


_UNLIKE = -1  # in place of a length: a window and some tokens more


def make_document_packer(task: "BertTask", stride: int | None, max_windows: int) -> DocumentPacker:
    """Return the packer of a task whose `sequence_length` is that of a window."""
    tokenizer = task.require_tokenizer()
    length = task.sequence_length
    return DocumentPacker(
        start_id=tokenizer.start_id,
        separator_id=tokenizer.separator_id,
        padding_id=tokenizer.padding_id,
        window_length=length,
        max_windows=max_windows,
        stride=min(length // 4, largest_stride(length)) if stride is None else stride,
    )


def check_document_arguments(
    long_documents: Any, stride: Any, max_windows: Any, sequence_length: int
) -> None:
    """Raise `ValueError` unless these are arguments of `BertTextClassifier`."""
    if long_documents not in (None, *DOCUMENT_POOLINGS):
        raise ValueError(
            f"`long_documents` must be None or one of {DOCUMENT_POOLINGS}. "
            f"Received: long_documents={long_documents!r}"
        )
    longest = largest_stride(sequence_length)
    if stride is not None and not (type(stride) is int and 0 <= stride <= longest):
        raise ValueError(
            f"`stride` must lie in 0..{longest}, less than half a window. "
            f"Received: stride={stride!r}"
        )
    if type(max_windows) is not int or max_windows < 1:
        raise ValueError(
            f"`max_windows` must be a positive integer. Received: max_windows={max_windows!r}"
        )


def check_window_arrays(x: dict[str, Any], backbone: Any) -> None:
    """Raise `ValueError` unless `x` is a dict of arrays (batch, windows, sequence)."""
    shapes = {name: tuple(getattr(values, "shape", ())) for name, values in x.items()}
    shape = next(iter(shapes.values()), ())
    if len(shape) != 3 or 0 in shape or set(shapes.values()) != {shape}:
        raise ValueError(
            "Inputs of a model of `long_documents` must have one shape (batch, windows, "
            f"sequence), none of them 0. Received: {shapes}"
        )
    check_arrays(
        {name: ops.convert_to_numpy(v).reshape(-1, shape[2]) for name, v in x.items()}, backbone
    )
