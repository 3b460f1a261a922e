"""What BERT's rules do to each Unicode character, as small integer tables for a graph to look up.

`word_piece` gives the answer for every character; these tables hold all of the answers, so that a
TensorFlow graph follows the same rules, with the same version of Unicode, that Python follows.
"""

import functools
import sys
import unicodedata
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from kerabert.text import word_piece

# What a character is, once the rules have been applied to it alone:
LETTER = 0  # part of a word
SPACE = 1  # ends a word
ALONE = 2  # a word of its own: punctuation, or CJK
REMOVED = 3  # dropped
BREAK = 4  # dropped, but accents do not change places across it
ACCENT = 5  # part of a word, but may change places with its like when decomposed
EXPANDS = 6  # becomes several; `shift` is a row of `expansions`
KINDS = 8

# What a character is to the rule of the final sigma:
CASELESS = 0
CASED = 1
IGNORED = 2

PAGE = 256  # code points


class PagedTable(NamedTuple):
    """An integer for each code point: `pages[page_numbers[code // 256], code % 256]`."""

    page_numbers: np.ndarray[Any, np.dtype[np.int32]]
    pages: np.ndarray[Any, np.dtype[np.int32]]

    @classmethod
    def from_values(cls, values: np.ndarray[Any, np.dtype[np.int32]]) -> Self:
        """Keep equal pages once: most of Unicode is empty or regular."""
        numbers: dict[bytes, int] = {}
        page_numbers = [
            numbers.setdefault(page.tobytes(), len(numbers)) for page in values.reshape(-1, PAGE)
        ]
        pages = np.frombuffer(b"".join(numbers), np.int32).reshape(-1, PAGE)
        return cls(np.array(page_numbers, np.int32), pages)


@dataclass(frozen=True)
class CharacterTables:
    """The rules as tables.

    Attributes:
        characters: For each code point `shift * 8 + kind`: it becomes the character `code + shift`,
            which is of that kind; or, where the kind is EXPANDS, those of `expansions[shift]`.
        expansions: Rows of `character * 8 + kind`, each filled up with REMOVED.
        combining_classes: For each code point its canonical combining class.
        cases: For each code point CASED, IGNORED or CASELESS.
    """

    characters: PagedTable
    expansions: np.ndarray[Any, np.dtype[np.int32]]
    combining_classes: PagedTable
    cases: PagedTable


@functools.lru_cache(maxsize=8)
def build_character_tables(
    lowercase: bool, strip_accents: bool, split_cjk: bool
) -> CharacterTables:
    """The tables of one set of rules. The arguments are those of `word_piece.split_words`."""
    characters = np.zeros(sys.maxunicode + 1, np.int32)
    combining_classes = np.zeros(sys.maxunicode + 1, np.int32)
    cases = np.zeros(sys.maxunicode + 1, np.int32)
    expansions: list[list[int]] = []
    for character in _characters_with_rules():
        code = ord(character)
        combining_classes[code] = unicodedata.combining(character)
        cases[code] = _case(character)
        parts = _parts(character, lowercase, strip_accents, split_cjk)
        if len(parts) == 1:
            part, kind = parts[0]
            characters[code] = (ord(part) - code) * KINDS + kind
        else:
            characters[code] = len(expansions) * KINDS + EXPANDS
            expansions.append([ord(part) * KINDS + kind for part, kind in parts])
    width = max(map(len, expansions), default=1)
    return CharacterTables(
        PagedTable.from_values(characters),
        np.array([row + [REMOVED] * (width - len(row)) for row in expansions], np.int32).reshape(
            -1, width
        ),
        PagedTable.from_values(combining_classes),
        PagedTable.from_values(cases),
    )


def _characters_with_rules() -> list[str]:
    """All but the unassigned and private characters and surrogates: no rule changes those."""
    assigned = {
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character) not in ("Cn", "Co", "Cs")
    }
    for first, last in word_piece.CJK_RANGES:  # a few are unassigned, and CJK all the same
        assigned.update(map(chr, range(first, last + 1)))
    return sorted(assigned)


def _parts(
    character: str, lowercase: bool, strip_accents: bool, split_cjk: bool
) -> list[tuple[str, int]]:
    """What one character becomes, each part with its kind."""
    if word_piece.is_removed(character):
        return [(character, REMOVED)]
    if character.isspace():
        return [(character, SPACE)]
    is_cjk = split_cjk and word_piece.is_cjk(character)
    text = character.lower() if lowercase else character
    if strip_accents:
        text = unicodedata.normalize("NFD", text)
    parts = []
    for part in text:
        combining = unicodedata.combining(part) if strip_accents else 0
        if strip_accents and unicodedata.category(part) == "Mn":
            if not combining:
                parts.append((part, BREAK))
        elif is_cjk or word_piece.is_punctuation(part):
            parts.append((part, ALONE))
        else:
            parts.append((part, ACCENT if combining else LETTER))
    return parts or [(character, REMOVED)]


def _case(character: str) -> int:
    """Found out from `str.lower()`: a sigma is final only after a letter that has case."""
    if (character + "Σ").lower().endswith("ς"):
        return CASED
    return IGNORED if ("A" + character + "Σ").lower().endswith("ς") else CASELESS
