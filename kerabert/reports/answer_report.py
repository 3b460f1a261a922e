"""How well questions are answered."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from kerabert.metrics.answer_scores import score_answers
from kerabert.reports.report import Report, shorten


class AnsweredQuestion(NamedTuple):
    """A question with its true answers and the one that was given.

    Attributes:
        row: int.
        question: str.
        answers: list of str, the true ones; empty where there is none.
        predicted: str or None.
        score: float, the probability of the answer that was given; of none given, that of the best
            one.
        f1: float, the words in common with the most similar true answer.
    """

    row: int
    question: str
    answers: list[str]
    predicted: str | None
    score: float
    f1: float


class AnswerReport(Report):
    """Which questions are answered right, and which should, or should not, have been answered.

    Args:
        questions: list of str.
        answers: list of lists of str, the true answers; none where there is none.
        predicted: list of str or None.
        scores: list of float, the probability of each best answer.
        version: "1.1" or "2.0", see `kerabert.metrics.score_answers`. Default "2.0".

    Attributes:
        scores: `AnswerScores`: `exact_match`, `f1`, and those of each question.
        with_answer: `AnswerScores` of the questions that have an answer; None if there are none.
        without_answer: `AnswerScores` of the others; None if there are none.
        decisions: int array (2, 2), questions without and with an answer, by whether none or one
            was given.
        errors: list of `AnsweredQuestion`, those with less than full F1, the surest of the worst
            first.

    Example:

    >>> report = AnswerReport(
    ...     ["Who?", "When?"], [["Ann"], []], ["Ann", "1998"], [0.9, 0.6]
    ... )
    >>> report.scores.exact_match, report.decisions.tolist(), report.errors[0].question
    (0.5, [[0, 1], [0, 1]], 'When?')
    """

    size = (9.0, 3.8)

    def __init__(
        self,
        questions: Sequence[str],
        answers: Sequence[Sequence[str]],
        predicted: Sequence[str | None],
        scores: Sequence[float],
        version: Literal["1.1", "2.0"] = "2.0",
    ) -> None:
        self.scores = score_answers(predicted, answers, version)
        has_answer = self.scores.has_answer
        is_answered = np.array([bool(text) for text in predicted])
        self.with_answer = self.scores.take(has_answer) if has_answer.any() else None
        self.without_answer = self.scores.take(~has_answer) if not has_answer.all() else None
        self.decisions = np.bincount(2 * has_answer + is_answered, minlength=4).reshape(2, 2)
        wrong = np.flatnonzero(self.scores.overlap < 1)
        order = np.lexsort((-np.asarray(scores)[wrong], self.scores.overlap[wrong]))
        self.errors = [
            AnsweredQuestion(
                row,
                questions[row],
                list(answers[row]),
                predicted[row],
                float(scores[row]),
                float(self.scores.overlap[row]),
            )
            for row in wrong[order].tolist()
        ]

    def __str__(self) -> str:
        lines = [f"{self.scores}\n"]
        if self.without_answer is not None:
            (none, made_up), (withheld, given) = self.decisions.tolist()
            lines.append(
                f"with an answer: {given} answered, {withheld} withheld; "
                f"without: {none} withheld, {made_up} answered\n"
            )
        if self.errors:
            lines.append(f"The worst of {len(self.errors)} that are not right:")
        for error in self.errors[:5]:
            true = " / ".join(dict.fromkeys(error.answers)) or "no answer"
            found = error.predicted or "no answer"
            lines.append(f"{error.score:6.1%}  {shorten(error.question, 80)}")
            lines.append(f"        {shorten(found, 40)}; true: {shorten(true, 50)}")
        return "\n".join(lines).rstrip()

    def draw(self, figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        parts = {
            name: scores
            for name, scores in (
                ("all", self.scores),
                ("with an answer", self.with_answer),
                ("without", self.without_answer),
            )
            if scores is not None
        }
        places = np.arange(len(parts))
        values = {"exact match": "exact_match", "F1": "f1"}
        for shift, (name, attribute) in zip((-0.2, 0.2), values.items(), strict=True):
            left.bar(places + shift, [getattr(s, attribute) for s in parts.values()], 0.4,
                     label=name)  # fmt: skip
        left.set_xticks(places, list(parts))
        left.set(ylim=(0, 1), title=f"F1 {self.scores.f1:.1%}")
        left.legend()
        right.hist(self.scores.overlap, bins=np.linspace(0, 1, 11))
        right.set(xlabel="F1 of a question", ylabel="questions")
