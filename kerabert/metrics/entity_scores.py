"""Precision, recall and F1 of entities: an entity is right if its words and its type are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kerabert.text.arguments import members, strings
from kerabert.text.tags import check_scheme, read_spans, read_strict_spans


@dataclass(frozen=True)
class Scores:
    """How many entities were found.

    Attributes:
        num_true: int, entities that there are.
        num_predicted: int, entities that were predicted.
        num_correct: int, those that agree.
    """

    num_true: int
    num_predicted: int
    num_correct: int

    @property
    def precision(self) -> float:
        """`correct / predicted`, 0 if nothing was predicted."""
        return self.num_correct / self.num_predicted if self.num_predicted else 0.0

    @property
    def recall(self) -> float:
        """`correct / true`, 0 if there is nothing."""
        return self.num_correct / self.num_true if self.num_true else 0.0

    @property
    def f1(self) -> float:
        """`2 precision recall / (precision + recall)`, 0 if both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class EntityScores:
    """The scores of all entities together ("micro") and of each type; printed, a table.

    Attributes:
        overall: `Scores` of all entities.
        types: dict from a type to its `Scores`, sorted.
    """

    overall: Scores
    types: dict[str, Scores]

    @property
    def precision(self) -> float:
        return self.overall.precision

    @property
    def recall(self) -> float:
        return self.overall.recall

    @property
    def f1(self) -> float:
        return self.overall.f1

    @property
    def macro_f1(self) -> float:
        """The mean of the types' F1; 0 without types."""
        return sum(scores.f1 for scores in self.types.values()) / max(1, len(self.types))

    def __str__(self) -> str:
        rows = [*self.types.items(), ("all", self.overall)]
        width = max(4, *(len(name) for name, _ in rows))
        lines = [f"{'type':{width}}  precision  recall      F1  entities"]
        for name, scores in rows:
            lines.append(
                f"{name:{width}}  {scores.precision:9.2%} {scores.recall:7.2%} {scores.f1:7.2%}"
                f"  {scores.num_true:8d}"
            )
        return "\n".join(lines)


def score_entities(
    tags: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], scheme: str | None = None
) -> EntityScores:
    """Compare predicted tags with true ones, entity by entity, as `seqeval` does.

    Args:
        tags: the true tags of each row, in IOB2 or BIOES.
        predicted: the predicted ones, as many for each row.
        scheme: None: tags that break the rules are read as the script of CoNLL-2000 reads them
            (`seqeval`'s default). "IOB2" or "BIOES": entities that break the rules of that scheme
            do not count (`seqeval`'s `mode="strict"`). Default None.

    Raises:
        ValueError: if the numbers of rows or of tags differ, or a tag is none of the scheme.

    Example:

    >>> scores = score_entities([["B-a", "I-a", "O", "B-b"]], [["B-a", "I-a", "O", "B-a"]])
    >>> scores.precision, scores.types["b"].recall
    (0.5, 0.0)
    """
    if scheme is not None:
        check_scheme(scheme)
    true_rows, predicted_rows = _tag_rows(tags, "tags"), _tag_rows(predicted, "predicted")
    if len(true_rows) != len(predicted_rows):
        raise ValueError(
            "`tags` and `predicted` must have the same number of rows. "
            f"Received: {len(true_rows)} and {len(predicted_rows)}."
        )
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row, (one, other) in enumerate(zip(true_rows, predicted_rows, strict=True)):
        if len(one) != len(other):
            raise ValueError(
                "A row must have as many predicted tags as true ones. "
                f"Received: {len(one)} true and {len(other)} predicted in row {row}."
            )
        spans = []
        for name, row_tags in (("tags", one), ("predicted", other)):
            _check_tags(row_tags, name, row, "BI" if scheme == "IOB2" else "BIES")
            spans.append(
                read_spans(row_tags) if scheme is None else read_strict_spans(row_tags, scheme)
            )
        true, found = map(set, spans)
        for number, some in enumerate((true, found, true & found)):
            for span in some:
                counts[span.type][number] += 1
    types = {type: Scores(*counts[type]) for type in sorted(counts)}
    totals = [sum(count[number] for count in counts.values()) for number in range(3)]
    return EntityScores(Scores(*totals), types)


def _tag_rows(rows: Any, name: str) -> list[list[str]]:
    found = members(rows, f"`{name}` must be a list of lists of tags")
    return [strings(row, f"{name}[{number}]") for number, row in enumerate(found)]


def _check_tags(tags: list[str], name: str, row: int, prefixes: str) -> None:
    for tag in tags:
        if tag != "O" and (not tag or tag[0] not in prefixes or tag[1:2] not in ("", "-")):
            raise ValueError(
                f'A tag must be "O" or begin with one of {list(prefixes)}. '
                f"Received: {tag!r} in row {row} of `{name}`."
            )
