"""EncodedText: a text as pieces that know where they came from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EncodedText:
    """The pieces of one text: four lists of one length.

    Attributes:
        ids: The id of each piece.
        pieces: The pieces themselves.
        spans: The (start, end) of each piece in the original string, in Python characters.
        word_numbers: The number of the word that each piece belongs to, from 0. A punctuation
            character is a word.
    """

    ids: list[int]
    pieces: list[str]
    spans: list[tuple[int, int]]
    word_numbers: list[int]
