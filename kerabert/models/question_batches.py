"""Batches of windows of questions and contexts, and where in them the answers are."""

from typing import TYPE_CHECKING, Any

import numpy as np

from kerabert.models.answers import Span, find_pieces, read_answers
from kerabert.models.preparation import count_buckets, draw_seed
from kerabert.models.question_rows import QuestionRows, split_questions
from kerabert.models.question_windows import cut_windows, read_rows
from kerabert.text.arguments import members
from kerabert.text.batches import TokenBatches
from kerabert.text.pair_windows import PairWindows
from kerabert.text.token_rows import Array

if TYPE_CHECKING:
    from kerabert.models.question_answerer import BertQuestionAnswerer


class QuestionBatches(TokenBatches):
    """`TokenBatches` of windows, that know the questions they were made of.

    Args:
        task: `BertQuestionAnswerer`.
        x, y: as in its `fit`.
        sample_weight: a number of 0 or more for each question, or None.
        **kwargs: those of `TokenBatches`.

    Attributes:
        rows: `QuestionRows`.
        answers: for each question its answers' (start, end) in characters.

    Outputs:
        `batches[i]` is `(x, y)` or `(x, y, sample_weight)`; `y` is a dict of `start` and `end`,
        int32 (batch,), the columns of the answer's first and last piece. Both are 0, the column of
        [CLS], in a window that does not hold the whole answer.
    """

    def __init__(
        self,
        task: "BertQuestionAnswerer",
        x: Any,
        y: Any,
        sample_weight: Any = None,
        batch_size: int = 32,
        shuffle: bool = False,
        **kwargs: Any,
    ) -> None:
        self.rows = read_rows(task, x)
        self.answers = read_answers(y, self.rows.contexts)
        weights = _read_weights(sample_weight, len(self.rows))
        windows = cut_windows(task, self.rows, np.arange(len(self.rows)))
        targets = _find_targets(self.rows, self.answers, windows)
        super().__init__(
            windows.first,
            windows.second,
            packer=task.packer,
            y=targets,
            # A weight for each output: Keras takes one for all of them from arrays only.
            sample_weight=None if weights is None else dict.fromkeys(targets, weights[windows.row]),
            batch_size=batch_size,
            shuffle=shuffle,
            seed=draw_seed() if shuffle else 0,
            num_buckets=count_buckets(len(windows.row), batch_size, shuffle),
            **kwargs,
        )

    @property
    def texts(self) -> list[list[str]]:
        """The texts of the true answers of each question."""
        rows = zip(self.rows.contexts, self.answers, strict=True)
        return [[context[start:end] for start, end in answers] for context, answers in rows]


def prepare_fit(
    task: "BertQuestionAnswerer", x: Any, y: Any, arguments: dict[str, Any]
) -> tuple[Any, Any, dict[str, Any]]:
    """Return what `BertTask.fit` takes for questions and contexts.

    A task without a threshold gets one of 0 if some questions have no answer, and the callbacks
    that monitor an answer's score are told that more is better: Keras knows that of the metrics
    that it computes itself only.
    """
    if arguments.get("class_weight") is not None:
        raise ValueError(
            "Questions have no classes: give `sample_weight`. Received: "
            f"class_weight={arguments['class_weight']!r}."
        )
    x = questions, contexts = split_questions(x)
    if y is not None:
        y = members(y, "`y` must be a list with an answer, or None, for each question")
        answers = read_answers(y, contexts)
        if task.no_answer_threshold is None and not all(answers):
            task.no_answer_threshold = 0.0
    callbacks: Any = arguments.get("callbacks")
    for callback in callbacks if isinstance(callbacks, list | tuple) else [callbacks]:
        monitored = getattr(callback, "monitor", None) in ("val_exact_match", "val_f1")
        if monitored and getattr(callback, "mode", None) == "auto":
            callback.mode = "max"
    return (questions, contexts), y, arguments


def _find_targets(
    rows: QuestionRows, answers: list[list[Span]], windows: PairWindows
) -> dict[str, Array]:
    """The columns of the first answer's first and last piece in each window."""
    places = np.full((len(rows), 2), -1)
    for row, found in enumerate(answers):
        spans = rows.located.spans_of(int(rows.located.number[row]))
        for span in reversed(found):  # all are checked, the first is kept
            places[row] = find_pieces(span, spans, row)
    first, last = places[windows.row].T
    assert windows.second is not None
    inside = (first >= windows.start) & (last < windows.start + windows.second.lengths)
    shift = windows.first.lengths + 2 - windows.start
    return {
        "start": np.where(inside & (first >= 0), first + shift, 0).astype("int32"),
        "end": np.where(inside & (first >= 0), last + shift, 0).astype("int32"),
    }


def _read_weights(weights: Any, num_rows: int) -> Array | None:
    if weights is None:
        return None
    found = members(weights, "`sample_weight` must be a list with a number for each question")
    if len(found) != num_rows:
        raise ValueError(
            "`sample_weight` must have a weight for each question. "
            f"Received: {len(found)} for {num_rows} questions."
        )
    for row, weight in enumerate(found):
        if not isinstance(weight, int | float | np.number) or not 0 <= weight < np.inf:
            raise ValueError(
                f"A weight must be a number of 0 or more. Received: {weight!r} for row {row}."
            )
    return np.array(found, "float32")
