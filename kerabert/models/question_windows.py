"""Windows of a question and a part of its context, and what a model says of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerabert.models.preparation import count_buckets
from kerabert.models.question_arguments import check_backbone, question_sizes
from kerabert.models.question_rows import QuestionRows
from kerabert.text.batches import TokenBatches
from kerabert.text.pair_windows import PairWindows
from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.token_rows import Array

if TYPE_CHECKING:
    from kerabert.models.question_answerer import BertQuestionAnswerer

# Windows are cut for so many pieces of contexts at once, so that a thousand questions of one book
# take no more memory than a few.
_PIECES_AT_ONCE = 2**21


def read_rows(task: "BertQuestionAnswerer", x: Any) -> QuestionRows:
    """Return the rows that a task reads; see `QuestionRows.read`."""
    check_backbone(task)
    tokenizer = task.require_tokenizer()
    return QuestionRows.read(x, tokenizer, max_question_length=question_sizes(task)[0])


def cut_windows(task: "BertQuestionAnswerer", rows: QuestionRows, numbers: Array) -> PairWindows:
    """Return the windows of the rows with these numbers; their `row` is one of the numbers."""
    tokenizer = task.require_tokenizer()
    packer = SequencePacker(
        start_id=tokenizer.start_id,
        separator_id=tokenizer.separator_id,
        padding_id=tokenizer.padding_id,
        sequence_length=task.sequence_length,
        truncation="only_second",
        stride=question_sizes(task)[1],
    )
    windows = packer.cut_windows(rows.question_pieces.take(numbers), rows.context_pieces(numbers))
    return windows._replace(row=numbers[windows.row])


def unlabelled_batches(
    task: "BertQuestionAnswerer", windows: PairWindows, batch_size: int
) -> TokenBatches:
    """Return batches of windows to predict, the longest first."""
    return TokenBatches(
        windows.first,
        windows.second,
        packer=task.packer,
        batch_size=batch_size,
        shuffle=False,
        num_buckets=count_buckets(len(windows.row), batch_size, shuffle=False),
    )


def pack_questions(task: "BertQuestionAnswerer", x: Any, batch_size: int) -> TokenBatches:
    """Return batches of all windows of what `QuestionRows.read` takes."""
    rows = read_rows(task, x)
    return unlabelled_batches(task, cut_windows(task, rows, np.arange(len(rows))), batch_size)


def predict_windows(
    task: "BertQuestionAnswerer", rows: QuestionRows, batch_size: int, verbose: Any = 0
) -> Iterator[tuple[Array, Array, Array, Array, dict[str, Array]]]:
    """Yield the logits of windows, a batch at a time, the longest of some rows first.

    Yields:
        (row, begin, first, last, logits): int arrays (batch,), the row of each window, the piece
        of the context that it begins with, and the columns where its context begins and ends; and
        a dict of `start` and `end`, float32 (batch, sequence).
    """
    pieces = rows.located.pieces.lengths[rows.located.number] + rows.question_pieces.lengths
    groups = np.cumsum(pieces) // _PIECES_AT_ONCE
    bar = keras.utils.Progbar(len(rows), unit_name="question") if verbose else None
    for numbers in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(groups)) + 1):
        windows = cut_windows(task, rows, numbers)
        batches = unlabelled_batches(task, windows, batch_size)
        order, done = batches.order, 0
        first = windows.first.lengths + 2  # behind [CLS], the question and [SEP]
        assert windows.second is not None
        last = first + windows.second.lengths
        for step in range(len(batches)):
            (x,) = batches[step]
            outputs = task.predict_on_batch(x)
            logits = {name: np.asarray(values, "float32") for name, values in outputs.items()}
            some = order[done : done + len(logits["start"])]
            done += len(some)
            yield windows.row[some], windows.start[some], first[some], last[some], logits
        if bar is not None:
            bar.update(int(numbers[-1]) + 1)
