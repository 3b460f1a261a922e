"""Entities as people read them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kerabert.text.tags import OUTSIDE, WordSpan, read_spans
from kerabert.text.word_rows import WordRows


class Entity(NamedTuple):
    """An entity in a text.

    Attributes:
        type: str.
        text: str, `text[start:end]` of its text.
        start: int, where it begins, in characters; always where a word does.
        end: int, where it ends; always where a word does.
        score: float in [0, 1], the mean probability of the tags of its words.
        words: (start, end), the numbers of its first word and of the word behind its last.
    """

    type: str
    text: str
    start: int
    end: int
    score: float
    words: tuple[int, int]


def read_entities(
    rows: WordRows,
    numbers: Sequence[np.ndarray],
    scores: np.ndarray,
    names: list[str],
    scheme: str | None,
) -> list[list[Entity]]:
    """Return the entities of each row.

    Args:
        rows: `WordRows`.
        numbers: the number of each word's class, an array for each row.
        scores: float array (words, classes), logits or log-probabilities.
        names: the classes' names.
        scheme: what the names are of; None: each word of a class other than "O" is an entity.
    """
    entities = []
    pieces = (rows.texts, numbers, rows.split(rows.spans), rows.split(scores))
    for text, row, words, row_scores in zip(*pieces, strict=True):
        if scheme is not None:
            spans = read_spans([names[i] for i in row])
        else:
            spans = [WordSpan(w, w + 1, names[i]) for w, i in enumerate(row) if names[i] != OUTSIDE]
        found = []
        for first, last, type in spans:
            start, end = int(words[first, 0]), int(words[last - 1, 1])
            some = row_scores[first:last].astype("float64")
            total = np.logaddexp.reduce(some, axis=1)
            chosen = some[np.arange(last - first), row[first:last]]
            score = float(np.exp(chosen - total).mean())
            found.append(Entity(type, text[start:end], start, end, score, (first, last)))
        entities.append(found)
    return entities
