"""Answers: those that a model gives, and those that people write."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from kerabert.models.labels import encode_classes
from kerabert.text.arguments import members
from kerabert.text.token_rows import Array

Span = tuple[int, int]


class Answer(NamedTuple):
    """A part of a context that answers a question.

    Attributes:
        text: str, `context[start:end]`.
        start: int, where it begins in the context, in characters.
        end: int, where it ends.
        score: float in [0, 1], the probability of this span among the best 20 spans and, if the
            model may withhold an answer, "no answer".
    """

    text: str
    start: int
    end: int
    score: float


def read_answers(y: Any, contexts: list[str]) -> list[list[Span]]:
    """Return the spans of the answers of each row, in characters; none where there is no answer.

    Args:
        y: for each context an answer: (text, start), with the place of its first character;
            (start, end); None, if the context does not answer the question; a list of answers, of
            several people; or a dict of `text` and `answer_start`, two lists, as in the data sets
            of Hugging Face.
        contexts: list of str.

    Raises:
        ValueError: if something is not that, or the text does not stand where it should; with the
            row.

    Example:

    >>> read_answers([("b c", 2), (0, 1), None, [("a", 0), (4, 5)]], ["a b c"] * 4)
    [[(2, 5)], [(0, 1)], [], [(0, 1), (4, 5)]]
    """
    rows = members(y, "`y` must be a list with an answer, or None, for each question")
    if len(rows) != len(contexts):
        raise ValueError(
            "`y` must have an answer, or None, for each question. "
            f"Received: {len(rows)} for {len(contexts)} questions."
        )
    return [
        [_read_answer(answer, context, row) for answer in _split(found, row)]
        for row, (found, context) in enumerate(zip(rows, contexts, strict=True))
    ]


def find_pieces(span: Span, spans: Array, row: int) -> Span:
    """Return the first and the last piece that a span of characters touches.

    Args:
        span: (start, end) in characters.
        spans: int array (pieces, 2) of the context, ascending.
        row: int, for the error.

    Raises:
        ValueError: if it touches none, as one of white space.

    Example:

    >>> find_pieces((2, 5), np.array([[0, 1], [2, 3], [4, 6]]), 0)
    (1, 2)
    """
    first = int(np.searchsorted(spans[:, 1], span[0], side="right"))
    last = int(np.searchsorted(spans[:, 0], span[1], side="left")) - 1
    if first > last:
        raise ValueError(
            f"An answer must have at least one word. Received: characters {span[0]} to {span[1]} "
            f"of the context of row {row}, where there is none."
        )
    return first, last


def encode_places(y: Any, num_rows: int, length: int) -> dict[str, Array]:
    """Return targets of arrays, a dict of `start` and `end`, as int32 arrays (rows,).

    Raises:
        ValueError: if it is no such dict, or a place is not in 0..length-1; with the row.
    """
    if not isinstance(y, dict) or set(y) != {"start", "end"}:
        received = sorted(y) if isinstance(y, dict) else type(y).__name__
        raise ValueError(
            f"`y` must be a dict with the keys `start` and `end`. Received: {received}"
        )
    return {name: encode_classes(places, num_rows, length, None) for name, places in y.items()}


def _split(found: Any, row: int) -> list[Any]:
    """The answers of a row."""
    if found is None:
        return []
    if isinstance(found, Mapping):
        if not {"text", "answer_start"} <= set(found):
            raise _refusal(found, row)
        texts, starts = (
            members(found[key], f"`{key}` of row {row} must be a list")
            for key in ("text", "answer_start")
        )
        if len(texts) != len(starts):
            raise _refusal(found, row)
        return list(zip(texts, starts, strict=True))
    if isinstance(found, str) or not hasattr(found, "__len__"):
        raise _refusal(found, row)
    one = len(found) == 2 and all(isinstance(part, str | int | np.integer) for part in found)
    return [found] if one else list(found)


def _read_answer(answer: Any, context: str, row: int) -> Span:
    if isinstance(answer, str | Mapping) or not hasattr(answer, "__len__") or len(answer) != 2:
        raise _refusal(answer, row)
    one, two = answer
    if not isinstance(two, int | np.integer) or isinstance(two, bool):
        raise _refusal(answer, row)
    if isinstance(one, str):
        start, end = int(two), int(two) + len(one)
        if start < 0 or not one or context[start:end] != one:
            raise ValueError(
                "An answer's text must be what stands at its place in the context. Received: "
                f"{one[:60]!r} at {start} in row {row}, where there is "
                f"{context[max(0, start) : max(0, end)][:60]!r}."
            )
        return start, end
    if not isinstance(one, int | np.integer) or isinstance(one, bool):
        raise _refusal(answer, row)
    if not 0 <= one < two <= len(context):
        raise ValueError(
            f"An answer must lie in 0..{len(context)}, the characters of its context, and begin "
            f"before it ends. Received: start={one}, end={two} in row {row}."
        )
    return int(one), int(two)


def _refusal(received: Any, row: int) -> ValueError:
    text = repr(received)
    return ValueError(
        "An answer must be (text, start), (start, end), None, or a list of those. "
        f"Received: {text[:60]}{'...' if len(text) > 60 else ''} in row {row}."
    )
