"""Premises, and the choices that go with them."""

from typing import Any

import numpy as np

from kerabert.text.arguments import members, strings
from kerabert.text.token_rows import TokenRows
from kerabert.text.tokenizer import BertTokenizer


class ChoiceRows:
    """Rows of a premise and its choices.

    Attributes:
        premises: list of str.
        choices: list of lists of str.
        premise_pieces: `TokenRows` of the premises.
        choice_pieces: `TokenRows` of all choices, one row after the other.
        counts: int64 array (rows,), how many choices each row has.
        offsets: int64 array (rows + 1,), where in `choice_pieces` each row begins.

    Example:

    >>> tokenizer = BertTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b"])
    >>> rows = ChoiceRows.read((["a", "b"], [["b"], ["a", "b b"]]), tokenizer)
    >>> rows.counts.tolist(), rows.choice_pieces.to_lists()
    ([1, 2], [[6], [5], [6, 6]])
    """

    def __init__(
        self,
        premises: list[str],
        choices: list[list[str]],
        premise_pieces: TokenRows,
        choice_pieces: TokenRows,
    ) -> None:
        self.premises = premises
        self.choices = choices
        self.premise_pieces = premise_pieces
        self.choice_pieces = choice_pieces
        self.counts = np.array([len(row) for row in choices], "int64")
        self.offsets = np.concatenate([[0], np.cumsum(self.counts)])

    @classmethod
    def read(cls, x: Any, tokenizer: BertTokenizer) -> "ChoiceRows":
        """Make rows of what `split_choices` takes."""
        premises, choices = split_choices(x)
        texts = [text for row in choices for text in row]
        return cls(
            premises,
            choices,
            TokenRows.from_lists(tokenizer(premises), "premises"),
            TokenRows.from_lists(tokenizer(texts), "choices"),
        )

    def __len__(self) -> int:
        return len(self.premises)


def split_choices(x: Any) -> tuple[list[str], list[list[str]]]:
    """Return the premises, and the choices of each.

    Args:
        x: a tuple of a list of str, all premises, and a list with a list of str, its choices, for
            each of them; or a list of pairs (premise, choices).

    Raises:
        ValueError: if it is something else, or empty, or a row has no choice; with the row.

    Example:

    >>> x = (["a", "b"], [["c", "d"], ["e", "f", "g"]])
    >>> split_choices(x) == split_choices([("a", ["c", "d"]), ("b", ["e", "f", "g"])]) == x
    True
    """
    if isinstance(x, tuple) and len(x) == 2 and not isinstance(x[0], str):
        premises = strings(x[0], "premises")
        found = members(x[1], "`choices` must be a list with a list of str for each premise")
        if len(found) != len(premises):
            raise ValueError(
                "`premises` and `choices` must have the same number of rows. "
                f"Received: {len(premises)} premises, {len(found)} rows of choices."
            )
    else:
        rows = members(x, _ACCEPTED)
        for number, row in enumerate(rows):
            if not isinstance(row, tuple | list) or len(row) != 2 or not isinstance(row[0], str):
                raise ValueError(f"{_ACCEPTED}. Received: {row!r:.60} in row {number}.")
        premises, found = [row[0] for row in rows], [row[1] for row in rows]
    if not premises:
        raise ValueError("`x` must hold at least one premise. Received: none.")
    choices = []
    for number, row in enumerate(found):
        name = f"choices[{number}]"
        choices.append(strings(members(row, f"`{name}` must be a list of str"), name))
        if not choices[-1]:
            raise ValueError(f"`{name}` must hold at least one choice. Received: none.")
    return premises, choices


_ACCEPTED = (
    "`x` must be a tuple of a list of str, the premises, and a list with a list of str, its "
    "choices, for each; or a list of such pairs"
)
