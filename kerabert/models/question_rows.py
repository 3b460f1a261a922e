"""Questions, and the contexts that they are asked of."""

import warnings
from typing import Any

import numpy as np

from kerabert.text.arguments import strings
from kerabert.text.located_pieces import LocatedPieces
from kerabert.text.token_rows import TokenRows
from kerabert.text.tokenizer import BertTokenizer


class QuestionRows:
    """Rows of a question and a context.

    Attributes:
        questions: list of str.
        contexts: list of str, one for each question.
        question_pieces: `TokenRows`, cut to `max_question_length` pieces.
        located: `LocatedPieces` of the contexts.

    Example:

    >>> tokenizer = BertTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "?"])
    >>> rows = QuestionRows.read((["a?", "?"], "a a a"), tokenizer, max_question_length=8)
    >>> rows.question_pieces.to_lists(), rows.located.pieces.to_lists()
    ([[5, 6], [6]], [[5, 5, 5]])
    """

    def __init__(
        self,
        questions: list[str],
        contexts: list[str],
        question_pieces: TokenRows,
        located: LocatedPieces,
    ) -> None:
        self.questions = questions
        self.contexts = contexts
        self.question_pieces = question_pieces
        self.located = located

    @classmethod
    def read(cls, x: Any, tokenizer: BertTokenizer, max_question_length: int) -> "QuestionRows":
        """Make rows of what `split_questions` takes.

        A question of more than `max_question_length` pieces is cut, and a warning says so.

        Raises:
            ValueError: if it is something else, or a question or a context has no piece; with the
                row.
        """
        questions, contexts = split_questions(x)
        pieces = TokenRows.from_lists(tokenizer(questions), "questions")
        located = LocatedPieces(contexts, tokenizer)
        for name, texts, lengths in (
            ("question", questions, pieces.lengths),
            ("context", contexts, located.pieces.lengths[located.number]),
        ):
            if not lengths.all():
                row = int(np.argmin(lengths))
                raise ValueError(
                    f"A {name} must have at least one word. Received: {texts[row][:40]!r} as the "
                    f"{name} of row {row}."
                )
        too_long = np.flatnonzero(pieces.lengths > max_question_length)
        if len(too_long):
            warnings.warn(
                f"{len(too_long)} of {len(questions)} questions have more than "
                f"`max_question_length`={max_question_length} pieces and were cut, the first of "
                f"them in row {too_long[0]}.",
                stacklevel=2,
            )
            pieces = pieces.head(np.minimum(pieces.lengths, max_question_length))
        return cls(questions, contexts, pieces, located)

    def __len__(self) -> int:
        return len(self.questions)

    def context_pieces(self, rows: Any) -> TokenRows:
        """The pieces of the contexts of some rows."""
        return self.located.pieces.take(self.located.number[rows])


def split_questions(x: Any) -> tuple[list[str], list[str]]:
    """Return the questions and the contexts.

    Args:
        x: a tuple of two lists of str, all questions and all contexts; or, for many questions of
            one long text, of a list and a str; or a list of pairs (question, context).

    Raises:
        ValueError: if it is something else, or empty; with the row.

    Example:

    >>> split_questions((["a?", "b?"], "a b")) == split_questions([("a?", "a b"), ("b?", "a b")])
    True
    """
    if isinstance(x, tuple) and len(x) == 2 and not isinstance(x[0], str):
        questions = strings(x[0], "questions")
        one = isinstance(x[1], str)
        contexts = [x[1]] * len(questions) if one else strings(x[1], "contexts")
        if len(contexts) != len(questions):
            raise ValueError(
                "`questions` and `contexts` must have the same number of rows. "
                f"Received: {len(questions)} questions, {len(contexts)} contexts."
            )
    else:
        if isinstance(x, str | dict) or not hasattr(x, "__iter__"):
            raise ValueError(f"{_ACCEPTED}Received: a {type(x).__name__}.")
        rows = [
            strings(row, f"x[{number}]") if not isinstance(row, str) else [row]
            for number, row in enumerate(x)
        ]
        for number, row in enumerate(rows):
            if len(row) != 2:
                raise ValueError(f"{_ACCEPTED}Received: {len(row)} text in row {number}.")
        questions, contexts = [row[0] for row in rows], [row[1] for row in rows]
    if not questions:
        raise ValueError("`x` must hold at least one question. Received: none.")
    return questions, contexts


_ACCEPTED = (
    "`x` must be a tuple of two lists of str, (questions, contexts), or a list of such pairs. "
)
