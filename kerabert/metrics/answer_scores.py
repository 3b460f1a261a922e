"""Exact match and F1 of answers to questions, as SQuAD's own evaluation counts them."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kerabert.text.arguments import members, strings
from kerabert.text.token_rows import Array

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


@dataclass(frozen=True)
class AnswerScores:
    """How well questions were answered; printed, a table.

    Attributes:
        exact: float64 array (questions,), 1 where the answer is one of the true ones, else 0.
        overlap: float64 array (questions,), the F1 of the words that an answer and the most
            similar true one have in common.
        has_answer: bool array (questions,), which questions have an answer.
    """

    exact: Array
    overlap: Array
    has_answer: Array

    @property
    def exact_match(self) -> float:
        """The mean of `exact`."""
        return float(sum(self.exact.tolist()) / len(self.exact))

    @property
    def f1(self) -> float:
        """The mean of `overlap`."""
        return float(sum(self.overlap.tolist()) / len(self.overlap))

    def take(self, rows: Array) -> "AnswerScores":
        """The scores of some questions, by number or by a mask."""
        return AnswerScores(self.exact[rows], self.overlap[rows], self.has_answer[rows])

    def __str__(self) -> str:
        parts = {"all": self}
        if 0 < self.has_answer.sum() < len(self.has_answer):
            parts = {
                "with an answer": self.take(self.has_answer),
                "without": self.take(~self.has_answer),
            } | parts
        lines = ["questions       exact match      F1   number"]
        for name, scores in parts.items():
            lines.append(
                f"{name:14}  {scores.exact_match:11.2%} {scores.f1:7.2%} {len(scores.exact):8d}"
            )
        return "\n".join(lines)


def score_answers(
    predicted: Sequence[str | None],
    answers: Sequence[Sequence[str]],
    version: Literal["1.1", "2.0"] = "2.0",
) -> AnswerScores:
    """Compare predicted answers with true ones, as the evaluation of SQuAD does.

    Case, ASCII punctuation, the articles a, an and the, and the amount of white space do not
    count. Of several true answers the one that gives most is taken, for each measure by itself.
    Where there is no answer, both measures are 1 if none was predicted, else 0.

    Args:
        predicted: for each question a str; "" or None for no answer.
        answers: for each question a list of str, the true answers; empty if it has none.
        version: "1.1" or "2.0", whose rules hold; they differ where nothing remains of a true
            answer, as of "the". Then 1.1 gives no F1 for it, and 2.0 does not count it as one of
            several, or reads it as "no answer". Default "2.0".

    Raises:
        ValueError: if the numbers of rows differ, something is no str, or a question has no answer
            with the version 1.1; with the row.

    Example:

    >>> scores = score_answers(["the Broncos", None], [["Denver Broncos", "Broncos!"], []])
    >>> scores.exact_match, scores.f1
    (1.0, 1.0)
    >>> score_answers(["Denver"], [["Denver Broncos"]]).overlap.round(4).tolist()
    [0.6667]

    Source: Rajpurkar et al., 2016, section 6.1, and 2018, section 5.1; the rules for what is
    empty are those of the evaluation scripts that are published with the data.
    """
    if version not in ("1.1", "2.0"):
        raise ValueError(f'`version` must be "1.1" or "2.0". Received: version={version!r}')
    found = members(predicted, "`predicted` must be a list of str or None")
    found = strings(["" if text is None else text for text in found], "predicted")
    truth = [
        strings(row, f"answers[{number}]")
        for number, row in enumerate(members(answers, "`answers` must be a list of lists of str"))
    ]
    if len(found) != len(truth) or not found:
        raise ValueError(
            "`predicted` and `answers` must have the same number of rows, at least 1. "
            f"Received: {len(found)} and {len(truth)}."
        )
    exact, overlap = np.zeros(len(found)), np.zeros(len(found))
    for row, (text, texts) in enumerate(zip(found, truth, strict=True)):
        if version == "1.1" and not texts:
            raise ValueError(
                'With `version="1.1"` each question must have an answer. '
                f"Received: none for row {row}."
            )
        one, others = normalize_answer(text), [normalize_answer(other) for other in texts]
        if version == "2.0":
            others = [other for other in others if other] or [""]
        exact[row] = one in others
        overlap[row] = max(_overlap(one.split(), other.split(), version) for other in others)
    return AnswerScores(exact, overlap, np.array([bool(texts) for texts in truth]))


def normalize_answer(text: str) -> str:
    """Return what counts of an answer: lower case, no ASCII punctuation, no articles.

    Example:

    >>> normalize_answer("The  U.S. Army's")
    'us armys'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def _overlap(found: list[str], truth: list[str], version: str) -> float:
    """F1 of the words of two answers, each as often as it occurs."""
    if version == "2.0" and not (found and truth):
        return float(found == truth)
    num_same = sum((Counter(found) & Counter(truth)).values())
    if not num_same:
        return 0.0
    precision, recall = num_same / len(found), num_same / len(truth)
    return (2 * precision * recall) / (precision + recall)


def find_best_threshold(
    values: Array, has_answer: Array, is_answered: Array, no_answer_scores: Array
) -> tuple[float, float]:
    """Return the best mean that withholding answers can reach, and the threshold that gives it.

    A question of which the no-answer score is above the threshold counts as not answered: 1 if it
    has no answer, else 0. Tried are the thresholds between which something changes, in ascending
    order; of equally good ones the lowest is taken.

    Args:
        values: float array (questions,), what each question scores if its answer is not withheld,
            as `AnswerScores.exact` or `.overlap`.
        has_answer: bool array (questions,).
        is_answered: bool array (questions,), whether something other than "" was predicted.
        no_answer_scores: float array (questions,), higher where no answer is likelier.

    Returns:
        `(best, threshold)`. If nothing should be answered, the threshold is 0, whatever the
        scores are, as in SQuAD's evaluation, which takes probabilities.

    Example:

    >>> find_best_threshold(
    ...     np.array([1.0, 0.0, 0.0]), np.array([True, False, True]), np.ones(3, bool),
    ...     np.array([-2.0, 3.0, 1.0]),
    ... )
    (0.6666666666666666, -2.0)

    Source: Rajpurkar et al., 2018, section 5.1, and its evaluation script.
    """
    total = best = float(np.sum(~has_answer))
    threshold = 0.0
    gain = np.where(has_answer, values, np.where(is_answered, -1.0, 0.0)).tolist()
    # One after the other in ascending order, as there: their sums, rounding included, are equal.
    for row in np.argsort(no_answer_scores, kind="stable").tolist():
        total += gain[row]
        if total > best:
            best, threshold = total, float(no_answer_scores[row])
    return best / len(values), threshold
