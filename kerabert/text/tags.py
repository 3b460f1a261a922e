"""Tags of words, as IOB2 and BIOES write them, and the spans that they mean."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from kerabert.text.arguments import described, members

OUTSIDE = "O"
SCHEMES = ("IOB2", "BIOES")


class WordSpan(NamedTuple):
    """Words that are one entity.

    Attributes:
        start: int, number of the first word.
        end: int, number of the word after the last.
        type: str.
    """

    start: int
    end: int
    type: str


def split_tag(tag: str) -> tuple[str, str]:
    """Return the prefix and the type of a tag; a tag without a type has the type "_".

    Example:

    >>> split_tag("B-creative-work"), split_tag("O"), split_tag("I")
    (('B', 'creative-work'), ('O', '_'), ('I', '_'))
    """
    return tag[:1], tag[1:].removeprefix("-") or "_"


def find_scheme(tags: Iterable[str] | None) -> str | None:
    """Return the scheme that a set of tags is of: "IOB2", "BIOES", or None for plain tags.

    A scheme has "O" and, beside it, tags that begin with "B-" and "I-", in BIOES also with "E-"
    and "S-"; the types may be left out, as in "B".

    Example:

    >>> find_scheme(["O", "B-person", "I-person"]), find_scheme(["O", "S-person"])
    ('IOB2', 'BIOES')
    >>> find_scheme(["NOUN", "VERB"]) is None
    True
    """
    names = set(tags or ())
    others = names - {OUTSIDE}
    if OUTSIDE not in names or not all(_has_prefix(tag) for tag in others):
        return None
    prefixes = {tag[0] for tag in others}
    if prefixes & {"E", "S"}:
        return "BIOES"
    return "IOB2" if "B" in prefixes else None


def _has_prefix(tag: str) -> bool:
    return tag in ("B", "I", "E", "S") or tag.startswith(("B-", "I-", "E-", "S-"))


def list_classes(y: Iterable[Sequence[Any]], scheme: str | None = None) -> list[str]:
    """Return the classes of a model for rows of tags, or of spans.

    They are "O", then those of each type in order. Every type gets all the tags of the scheme,
    since one that is not in these rows may be needed for others. Plain tags are sorted.

    Args:
        y: the tags, or the spans (start, end, type), of each row.
        scheme: "IOB2" or "BIOES". Default: the one that the tags are of; for spans, "IOB2".

    Raises:
        ValueError: if the scheme is another, there is no tag, or a row is no list of them.

    Example:

    >>> list_classes([["O", "B-person"], ["B-city", "I-city"]])
    ['O', 'B-city', 'I-city', 'B-person', 'I-person']
    >>> list_classes([[(0, 4, "person")], []], scheme="BIOES")
    ['O', 'B-person', 'I-person', 'E-person', 'S-person']
    """
    rows = members(y, "`y` must be a list with the tags, or the spans, of each row")
    names = {name for number, row in enumerate(rows) for name in _names(row, number)}
    if not names:
        raise ValueError("`y` must hold at least one tag or span. Received: none.")
    if scheme is None:
        scheme = find_scheme(names | {OUTSIDE})
        if scheme is None:
            return sorted(names)
    check_scheme(scheme)
    types = sorted({split_tag(tag)[1] for tag in names - {OUTSIDE}})
    prefixes = "BI" if scheme == "IOB2" else "BIES"
    return [OUTSIDE, *(make_tag(prefix, type) for type in types for prefix in prefixes)]


def _names(row: Any, number: int) -> Iterator[str]:
    """The tags of a row; of spans, the tags that they begin with."""
    for tag in members(row, f"`y` must hold a list of tags, or of spans, in row {number}"):
        if isinstance(tag, str):
            yield tag
        elif isinstance(tag, tuple | list) and len(tag) == 3 and isinstance(tag[2], str):
            yield make_tag("B", tag[2])
        else:
            raise ValueError(
                "A tag must be a str, or a span (start, end, type). "
                f"Received: {described(tag)} in row {number}."
            )


def check_scheme(scheme: str) -> None:
    if scheme not in SCHEMES:
        raise ValueError(f"`scheme` must be one of {SCHEMES}. Received: scheme={scheme!r}")


def make_tag(prefix: str, type: str) -> str:
    """Return the tag of a prefix and a type; the reverse of `split_tag`."""
    return prefix if type == "_" else f"{prefix}-{type}"


def may_follow(tag: str | None, next_tag: str | None, scheme: str) -> bool:
    """Whether one tag may stand before another; None stands for the ends of a row.

    In IOB2 an I- must follow the B- or I- of its type. In BIOES what B- or I- begin must go on
    with an I- or E- of the type, and I- and E- must go on with something that was begun.

    Example:

    >>> may_follow("B-a", "I-a", "IOB2"), may_follow("B-a", "I-b", "IOB2")
    (True, False)
    >>> may_follow("B-a", "O", "BIOES"), may_follow("S-a", None, "BIOES")
    (False, True)
    """
    before, type_before = split_tag(tag or OUTSIDE)
    after, type_after = split_tag(next_tag or OUTSIDE)
    if after in ("I", "E"):
        return before in ("B", "I") and type_before == type_after
    return scheme == "IOB2" or before not in ("B", "I")


def find_fault(tags: Sequence[str], scheme: str) -> int | None:
    """Return the number of the first tag that must not stand where it does, or None.

    Where something in BIOES was begun and is not ended, it is the number of the tag after it.
    """
    for number, (tag, after) in enumerate(zip([None, *tags], [*tags, None], strict=True)):
        if not may_follow(tag, after, scheme):
            return number
    return None


def read_spans(tags: Sequence[str]) -> list[WordSpan]:
    """Return the entities that tags of IOB2 or BIOES mean, also where the tags break the rules.

    An I- or E- without a beginning begins an entity, a change of type begins another, and what is
    not ended ends where the next one begins, as in the script of CoNLL-2000.

    Example:

    >>> [tuple(span) for span in read_spans(["B-a", "I-a", "O", "I-b", "I-a"])]
    [(0, 2, 'a'), (3, 4, 'b'), (4, 5, 'a')]
    """
    spans = []
    start, before, type_before = 0, OUTSIDE, "_"
    for number, tag in enumerate([*tags, OUTSIDE]):
        prefix, type = split_tag(tag)
        inside = goes_on(before, type_before, prefix, type)
        if before != OUTSIDE and not inside:
            spans.append(WordSpan(start, number, type_before))
        if not inside:
            start = number
        before, type_before = prefix, type
    return spans


def goes_on(before: str, type_before: str, prefix: str, type: str) -> bool:
    """Whether a tag goes on with the entity of the tag before it, as `read_spans` reads them."""
    return prefix in ("I", "E") and before in ("B", "I") and type == type_before


def read_strict_spans(tags: Sequence[str], scheme: str) -> list[WordSpan]:
    """Return the entities of tags, without those that break the rules of the scheme.

    An entity begins with B- (or S-) and ends before the first tag that does not go on with it; in
    BIOES it counts only if that is behind an E- or S-.

    Example:

    >>> [tuple(span) for span in read_strict_spans(["I-a", "B-a", "I-b"], "IOB2")]
    [(1, 2, 'a')]
    """
    check_scheme(scheme)
    spans = []
    number = 0
    while number < len(tags):
        start, (prefix, type) = number, split_tag(tags[number])
        number += 1
        if prefix not in ("B", "S"):
            continue
        while number < len(tags):
            after, type_after = split_tag(tags[number])
            if not goes_on(prefix, type, after, type_after):
                break
            prefix, number = after, number + 1
        if scheme == "IOB2" or prefix in ("E", "S"):
            spans.append(WordSpan(start, number, type))
    return spans


def write_tags(spans: Iterable[tuple[int, int, str]], num_words: int, scheme: str) -> list[str]:
    """Return the tags of a row of words with these entities, which must not overlap.

    Example:

    >>> write_tags([(0, 2, "a"), (3, 4, "b")], 4, "IOB2")
    ['B-a', 'I-a', 'O', 'B-b']
    >>> write_tags([(0, 2, "a"), (3, 4, "b")], 4, "BIOES")
    ['B-a', 'E-a', 'O', 'S-b']
    """
    tags = [OUTSIDE] * num_words
    for start, end, type in spans:
        tags[start:end] = [make_tag("I", type)] * (end - start)
        tags[start] = make_tag("B", type)
        if scheme == "BIOES":
            tags[end - 1] = make_tag("E" if end - start > 1 else "S", type)
    return tags
