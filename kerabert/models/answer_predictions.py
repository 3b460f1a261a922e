"""The best answers of questions, put together from windows."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.models.answers import Answer
from kerabert.models.question_rows import QuestionRows
from kerabert.models.question_windows import predict_windows, read_rows
from kerabert.models.span_search import best_spans
from kerabert.text.token_rows import Array, count_up

if TYPE_CHECKING:
    from kerabert.models.question_answerer import BertQuestionAnswerer


class AnswerPredictions:
    """What a task answers.

    Args:
        task: `BertQuestionAnswerer`.
        x: `QuestionRows`, or what they are read from.
        batch_size: int, windows of a batch. Default 32.
        num_candidates: int, how many spans of each question are kept. Default 20.
        verbose: whether a progress bar is shown. Default 0.

    Attributes:
        rows: `QuestionRows`.
        offsets: int64 array (rows + 1,), where each row's candidates begin.
        spans: int64 array (candidates, 2), their (start, end) in characters, each row's best first.
        scores: float64 array (candidates,), the sum of both logits, the largest of all windows.
        no_answer: float64 array (rows,), the sum of both logits of [CLS], the least of all
            windows: there is an answer if one window has it.

    Raises:
        ValueError: if `x` is not what `QuestionRows.read` takes, a number is not above 0, or the
            model gives NaN.
    """

    def __init__(
        self,
        task: "BertQuestionAnswerer",
        x: Any,
        batch_size: int = 32,
        num_candidates: int = 20,
        verbose: Any = 0,
    ) -> None:
        check_positive_integers(batch_size=batch_size, num_answers=num_candidates)
        if not isinstance(x, QuestionRows):
            x = read_rows(task, x)
        self.threshold = task.no_answer_threshold
        self.rows: QuestionRows = x
        self.no_answer = np.full(len(x), np.inf)
        found = []
        for row, begin, first, last, logits in predict_windows(task, x, batch_size, verbose):
            start, end = logits["start"], logits["end"]
            finite = np.isfinite(start).all(axis=1) & np.isfinite(end).all(axis=1)
            if not finite.all():
                raise ValueError(
                    "The model's logits must be finite numbers. "
                    f"Received: others for row {row[np.argmin(finite)]}."
                )
            np.minimum.at(self.no_answer, row, start[:, 0].astype("float64") + end[:, 0])
            begins, ends, scores = best_spans(
                start, end, first, last, task.max_answer_length, num_candidates
            )
            shift = (begin - first)[:, None]  # from columns to pieces of the context
            rows = np.broadcast_to(row[:, None], begins.shape)
            some = scores > -np.inf
            found.append([values[some] for values in (rows, begins + shift, ends + shift, scores)])
        columns = [np.concatenate(column) for column in zip(*found, strict=True)]
        self._keep(columns, num_candidates)

    def _keep(self, columns: list[Array], num_candidates: int) -> None:
        """Keep the best candidates of each row, each place once."""
        row, first, last, score = columns
        order = np.lexsort((-score, last, first, row))
        place = np.stack([row, first, last])[:, order]
        order = order[np.append(True, (place[:, 1:] != place[:, :-1]).any(axis=0))]
        order = order[np.lexsort((last[order], first[order], -score[order], row[order]))]
        counts = np.bincount(row[order], minlength=len(self.rows))
        rank = count_up(counts)
        order = order[rank < num_candidates]
        counts = np.minimum(counts, num_candidates)
        self.offsets = np.concatenate([[0], np.cumsum(counts)])
        self.scores = score[order].astype("float64")
        located = self.rows.located
        pieces = located.pieces.offsets[located.number[row[order]]]
        self.spans = np.stack(
            [located.spans[pieces + first[order], 0], located.spans[pieces + last[order], 1]],
            axis=1,
        )

    @property
    def no_answer_scores(self) -> Array:
        """float64 array (rows,): by how much "no answer" is better than the best span."""
        return self.no_answer - self.scores[self.offsets[:-1]]

    @property
    def texts(self) -> list[str]:
        """The text of the best span of each row, also of what the threshold withholds."""
        return [
            context[start:end]
            for context, (start, end) in zip(
                self.rows.contexts, self.spans[self.offsets[:-1]].tolist(), strict=True
            )
        ]

    @property
    def best(self) -> list[Answer | None]:
        """The answer of each row; None where the threshold says that there is none."""
        withheld = np.zeros(len(self.rows), bool)
        if self.threshold is not None:
            withheld = self.no_answer_scores > self.threshold
        return [
            None if is_none else found[0]
            for is_none, found in zip(withheld, self.candidates, strict=True)
        ]

    @property
    def candidates(self) -> list[list[Answer]]:
        """The best spans of each row, the best first."""
        result = []
        spans, bounds = self.spans.tolist(), pairwise(self.offsets.tolist())
        for row, (begin, end) in enumerate(bounds):
            scores = self.scores[begin:end]
            others = [] if self.threshold is None else [self.no_answer[row]]
            probabilities = np.exp(scores - np.logaddexp.reduce([*scores, *others])).tolist()
            context = self.rows.contexts[row]
            result.append(
                [
                    Answer(context[start:stop], start, stop, score)
                    for (start, stop), score in zip(spans[begin:end], probabilities, strict=True)
                ]
            )
        return result


def answer_questions(
    task: "BertQuestionAnswerer",
    question: Any,
    context: Any,
    num_answers: int | None = None,
    batch_size: int = 32,
) -> Any:
    """Answer a question, or many; see `BertQuestionAnswerer.answer`."""
    one = isinstance(question, str)
    if one and not isinstance(context, str):
        raise ValueError(
            f"With one question `context` must be one str. Received: a {type(context).__name__}."
        )
    if num_answers is not None:
        check_positive_integers(num_answers=num_answers)
    x = ([question] if one else question, context)
    found = AnswerPredictions(task, x, batch_size, max(20, num_answers or 1))
    answers: list[Any] = found.best
    if num_answers is not None:
        answers = [row[:num_answers] for row in found.candidates]
    return answers[0] if one else answers


def predict_logits(
    task: "BertQuestionAnswerer", x: Any, batch_size: int = 32, verbose: Any = 0
) -> dict[str, list[Array]]:
    """Return the logits of each piece of each context, from the window where it has most context.

    That is where the lesser of the numbers of pieces before and behind it is greatest.

    Returns:
        A dict of `start` and `end`, each a list with a float32 array (pieces,) for each row.
    """
    check_positive_integers(batch_size=batch_size)
    rows = read_rows(task, x)
    lengths = rows.located.pieces.lengths[rows.located.number].tolist()
    room = [np.full(length, -1) for length in lengths]
    found = {name: [np.zeros(n, "float32") for n in lengths] for name in ("start", "end")}
    for windows in predict_windows(task, rows, batch_size, verbose):
        *places, logits = windows
        for window, (row, begin, first, last) in enumerate(np.stack(places, axis=1).tolist()):
            columns = np.arange(last - first)
            pieces = slice(begin, begin + last - first)
            context = np.minimum(columns, columns[::-1])
            better = context > room[row][pieces]
            room[row][pieces][better] = context[better]
            for name, values in found.items():
                values[row][pieces][better] = logits[name][window, first:last][better]
    return found
