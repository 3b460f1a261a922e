"""How well entities are found."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kerabert.metrics.entity_scores import score_entities
from kerabert.reports.report import Report, draw_matrix, shorten
from kerabert.text.tags import WordSpan, read_spans

NONE = "none"


class TaggedRow(NamedTuple):
    """A row with errors.

    Attributes:
        row: int.
        text: str.
        missed: list of (type, text), the true entities that were not found as they are.
        wrong: list of (type, text), the predicted ones that are not so.
    """

    row: int
    text: str
    missed: list[tuple[str, str]]
    wrong: list[tuple[str, str]]


class EntityReport(Report):
    """Which entities are found, missed, made up, and of which type they are taken to be.

    Args:
        tags: list of lists of str, the true tags of each row, in IOB2 or BIOES.
        predicted: the predicted ones, as many for each row.
        words: list of lists of str, the words of each row.

    Attributes:
        scores: `EntityScores`: `precision`, `recall`, `f1`, and `types`, all equal to `seqeval`'s.
        types: list of str, the types that occur.
        confusion: int array (types + 1, types + 1), by true and by predicted type: each true entity
            with the predicted one that shares most of its words, if there is one; the last row and
            column are "none": predicted where nothing is, and not found at all.
        num_wrong_bounds: int, how many of those pairs agree in type, and not in where they begin
            and end.
        errors: list of `TaggedRow`, the rows with errors, those with most of them first.

    Example:

    >>> report = EntityReport(
    ...     [["B-a", "I-a", "O"], ["B-b"]], [["B-a", "O", "O"], ["B-a"]],
    ...     [["New", "York", "."], ["Paris"]],
    ... )
    >>> report.scores.f1, report.confusion.tolist(), report.num_wrong_bounds
    (0.0, [[1, 0, 0], [1, 0, 0], [0, 0, 0]], 1)
    """

    def __init__(
        self,
        tags: Sequence[Sequence[str]],
        predicted: Sequence[Sequence[str]],
        words: Sequence[Sequence[str]],
    ) -> None:
        self.scores = score_entities(tags, predicted)
        self.types = sorted(self.scores.types)
        number = {type: i for i, type in enumerate(self.types)}
        none = len(number)
        self.confusion = np.zeros((none + 1, none + 1), "int64")
        self.num_wrong_bounds = 0
        self.errors = []
        for row, (one, other, row_words) in enumerate(zip(tags, predicted, words, strict=True)):
            true, found = read_spans(one), read_spans(other)
            for span, match in _match(true, found):
                places = (none if part is None else number[part.type] for part in (span, match))
                self.confusion[tuple(places)] += 1
                if span is not None and match is not None and span.type == match.type:
                    self.num_wrong_bounds += span != match
            missed, wrong = (
                [(span.type, " ".join(row_words[span.start : span.end])) for span in spans]
                for spans in (_without(true, found), _without(found, true))
            )
            if missed or wrong:
                self.errors.append(TaggedRow(row, " ".join(row_words), missed, wrong))
        self.errors.sort(key=lambda row: -len(row.missed) - len(row.wrong))
        side = 3.5 + 0.25 * none
        self.size = (2 * side, max(3.5, side))

    @property
    def f1(self) -> float:
        """F1 of all entities."""
        return self.scores.f1

    def __str__(self) -> str:
        names = [*self.types, NONE]
        width = max([4, *map(len, names)]) + 1
        lines = [f"{self.scores}\n", f"true \\ predicted{''.join(n.rjust(width) for n in names)}"]
        for name, row in zip(names, self.confusion.tolist(), strict=True):
            lines.append(f"{name:16}{''.join(str(count).rjust(width) for count in row)}")
        lines.append(f"\nright type, wrong bounds: {self.num_wrong_bounds}")
        if self.errors:
            lines.append(f"\nThe worst of {len(self.errors)} rows with errors:")
        for error in self.errors[:5]:
            lines.append(shorten(error.text, 100))
            for what, spans in (("missed", error.missed), ("wrong", error.wrong)):
                if spans:
                    found = ", ".join(f"{text} ({type})" for type, text in spans)
                    lines.append(f"  {what}: {shorten(found, 90)}")
        return "\n".join(lines)

    def draw(self, figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        names = [*self.types, NONE]
        draw_matrix(left, self.confusion, names, names)
        places = np.arange(len(self.types))
        for shift, name in ((0.25, "precision"), (0, "recall"), (-0.25, "f1")):
            values = [getattr(self.scores.types[type], name) for type in self.types]
            right.barh(places + shift, values, 0.25, label="F1" if name == "f1" else name)
        right.set_yticks(places, [shorten(name, 16) for name in self.types])
        right.set(xlim=(0, 1), title=f"F1 {self.f1:.1%}")
        right.invert_yaxis()
        right.legend()


def _match(
    true: list[WordSpan], found: list[WordSpan]
) -> list[tuple[WordSpan | None, WordSpan | None]]:
    """Pairs of spans that share words, those that share most first, each span once."""
    shared = [
        (min(a.end, b.end) - max(a.start, b.start), a == b, a.type == b.type, i, j)
        for i, a in enumerate(true)
        for j, b in enumerate(found)
        if a.start < b.end and b.start < a.end
    ]
    pairs: list[tuple[WordSpan | None, WordSpan | None]] = []
    left, right = set(range(len(true))), set(range(len(found)))
    for *_, i, j in sorted(shared, key=lambda s: (-s[0], not s[1], not s[2], s[3], s[4])):
        if i in left and j in right:
            pairs.append((true[i], found[j]))
            left.remove(i)
            right.remove(j)
    pairs += [(true[i], None) for i in sorted(left)]
    return pairs + [(None, found[j]) for j in sorted(right)]


def _without(spans: list[WordSpan], others: list[WordSpan]) -> list[WordSpan]:
    return [span for span in spans if span not in others]
