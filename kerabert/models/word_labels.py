"""Tags of words and spans of texts, as people write them, as one class a word."""

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np

from kerabert.models.labels import encode_classes
from kerabert.models.tag_decoder import allowed_pairs
from kerabert.text.arguments import members
from kerabert.text.tags import OUTSIDE, find_fault, read_spans, write_tags
from kerabert.text.word_rows import WordRows


def encode_word_labels(
    y: Any,
    rows: WordRows,
    num_classes: int,
    classes: list[str] | None,
    scheme: str | None,
    repair_tags: bool = False,
) -> np.ndarray:
    """Return the class of each word of each row, int32 (words,).

    Args:
        y: for lists of words, a list with a tag (or the number of a class) for each word; for
            texts, a list of (start, end, type) in characters for each text.
        rows: `WordRows`.
        num_classes: int.
        classes: the classes' names, or None.
        scheme: "IOB2", "BIOES" or None, what the names are of.
        repair_tags: bool, whether tags that break the rules of the scheme are written anew as
            `kerabert.text.tags.read_spans` reads them, and spans that cut a word are widened.

    Raises:
        ValueError: if a row has more or fewer tags than words, a tag is not a class, a sequence
            or a span breaks the rules; with the row.
    """
    if hasattr(y, "ndim") and y.ndim == 0:
        y = None
    found = members(y, "`y` must be a list with the tags, or the spans, of each row")
    if len(found) != len(rows):
        raise ValueError(
            "`x` and `y` must have the same number of rows. "
            f"Received: {len(rows)} in x, {len(found)} in y."
        )
    if rows.are_texts:
        tags = _read_spans(found, rows, classes, scheme, repair_tags)
    else:
        tags = [
            _members(row_tags, row, "a tag for each word") for row, row_tags in enumerate(found)
        ]
    for row, (row_tags, count) in enumerate(zip(tags, rows.num_words.tolist(), strict=True)):
        if len(row_tags) != count:
            raise ValueError(
                "A row must have a tag for each word. "
                f"Received: row {row} has {count} words and {len(row_tags)} tags."
            )
    encoded = _encode(tags, num_classes, classes)
    if scheme is None or rows.are_texts:
        return encoded
    return _check_rules(encoded, rows, classes or [], scheme, repair_tags)


def _members(values: Any, row: int, what: str) -> list[Any]:
    return members(values, f"A row of `y` must be a list with {what}, as row {row} must")


def _encode(tags: list[list[Any]], num_classes: int, classes: list[str] | None) -> np.ndarray:
    """The number of each tag; the tags are many, of few kinds."""
    flat = list(chain.from_iterable(tags))
    try:
        kinds = list(dict.fromkeys(flat))
    except TypeError:
        kinds = flat
    try:
        numbers = encode_classes(kinds, len(kinds), num_classes, classes)
        known = dict(zip(kinds, numbers.tolist(), strict=True))
        return np.fromiter(map(known.__getitem__, flat), np.int32, len(flat))
    except (ValueError, TypeError) as error:
        if not kinds:
            return np.zeros(0, np.int32)
        for row, row_tags in enumerate(tags):  # which row is it?
            for word, tag in enumerate(row_tags):
                try:
                    encode_classes([tag], 1, num_classes, classes)
                except (ValueError, TypeError):
                    must = f"one of {classes}" if classes else f"a number in 0..{num_classes - 1}"
                    raise ValueError(
                        f"A tag must be {must}. Received: word {word} of row {row} has {tag!r}."
                    ) from None
        raise error


def _check_rules(
    encoded: np.ndarray, rows: WordRows, classes: list[str], scheme: str, repair: bool
) -> np.ndarray:
    number = {name: i for i, name in enumerate(classes)}
    is_allowed = allowed_pairs(classes, scheme)
    starts = rows.word_offsets[:-1][rows.num_words > 0]
    ends = rows.word_offsets[1:][rows.num_words > 0] - 1
    before = np.append(-1, encoded[:-1])
    before[starts] = -1
    is_fault = ~is_allowed[before[: len(encoded)], encoded]
    is_fault[ends] |= ~is_allowed[encoded[ends], -1]
    words_of = rows.split(encoded)
    faulty = np.searchsorted(rows.word_offsets, np.flatnonzero(is_fault), "right") - 1
    for row in np.unique(faulty).tolist():
        numbers = words_of[row]
        tags = [classes[i] for i in numbers]
        place = find_fault(tags, scheme)
        assert place is not None
        if not repair:
            after = f"word {place} has {tags[place]!r}" if place < len(tags) else "the row ends"
            behind = f"behind {tags[place - 1]!r}" if place else "at the beginning"
            raise ValueError(
                f"The tags of a row must follow the rules of {scheme}: check the row, or have "
                f"such tags repaired by `repair_tags=True`. Received: in row {row}, {after} "
                f"{behind}."
            )
        tags = write_tags(read_spans(tags), len(tags), scheme)
        for word, tag in enumerate(tags):
            if tag not in number:
                raise ValueError(
                    f"A repaired tag must be one of {classes}. "
                    f"Received: word {word} of row {row} becomes {tag!r}."
                )
            numbers[word] = number[tag]  # a view of `encoded`
    return encoded


def _read_spans(
    found: Sequence[Any],
    rows: WordRows,
    classes: list[str] | None,
    scheme: str | None,
    repair: bool,
) -> list[list[str]]:
    if classes is None or OUTSIDE not in classes:
        raise ValueError(
            f'`classes` must be names, "{OUTSIDE}" among them, to take spans. '
            f"Received: classes={classes}."
        )
    tags = []
    for row, (values, words) in enumerate(zip(found, rows.split(rows.spans), strict=True)):
        spans = [
            _find_words(span, row, words, rows.texts[row], repair)
            for span in _members(values, row, "(start, end, type) of each entity")
        ]
        spans.sort(key=lambda span: span[:2])
        for (_, end, _), (start, *_) in pairwise(spans):
            if start < end:
                raise ValueError(
                    "The spans of a row must not overlap, and none may begin in the word that "
                    f"another one ends in. Received: row {row} with {sorted(map(tuple, values))}"
                )
        if scheme is not None:
            row_tags = write_tags(spans, len(words), scheme)
        else:
            row_tags = [OUTSIDE] * len(words)
            for start, end, type in spans:
                row_tags[start:end] = [type] * (end - start)
        unknown = sorted(set(row_tags) - set(classes))
        if unknown:
            raise ValueError(
                f"A span's type must be one that the classes {classes} have. "
                f"Received: row {row} has {unknown[0]!r}."
            )
        tags.append(row_tags)
    return tags


def _find_words(
    span: Any, row: int, words: np.ndarray, text: str, repair: bool
) -> tuple[int, int, str]:
    """The first word of a span and the one behind its last, and its type."""
    try:
        start, end, type = span
        is_span = int(start) == start and int(end) == end and isinstance(type, str)
    except (TypeError, ValueError):
        is_span = False
    if not is_span:
        raise ValueError(
            "A span must be (start, end, type), two int and a str. "
            f"Received: {span!r} in row {row}."
        )
    if not 0 <= start < end <= len(text):
        raise ValueError(
            f"A span must lie in its text, 0 <= start < end <= {len(text)}. "
            f"Received: {tuple(span)} in row {row}."
        )
    first = int(np.searchsorted(words[:, 1], start, "right"))
    last = int(np.searchsorted(words[:, 0], end, "left"))
    cuts = first < last and (words[first, 0] < start or words[last - 1, 1] > end)
    if first >= last or (cuts and not repair):
        what = "cuts a word" if cuts else "has no word"
        raise ValueError(
            "A span must begin and end where words do (`repair_tags=True` widens it). "
            f"Received: {tuple(span)} in row {row}, {text[start:end]!r}, which {what}."
        )
    return first, last, type
