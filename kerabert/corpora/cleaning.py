"""Cleaning documents by chosen steps, and the report of it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kerabert.corpora.cleaning_steps import count_words
from kerabert.corpora.documents import Document, check_documents

Step = Callable[[str], str | None]
_NUM_SAMPLES = 3


@dataclass
class CleaningReport:
    """What a `CorpusCleaner` has done so far.

    Attributes:
        num_documents, num_words: int, what came in.
        num_documents_kept, num_words_kept: int, what went out.
        dropped: from a step's name to how many documents it dropped.
        changed: from a step's name to how many documents it changed.
        samples: from a step's name to the first documents that it dropped, as they came to it.
        lengths, lengths_kept: from the power of two of a number of words to how many documents
            have about so many, of those that came in and that went out.
    """

    num_documents: int = 0
    num_words: int = 0
    num_documents_kept: int = 0
    num_words_kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))
    lengths: Counter[int] = field(default_factory=Counter)
    lengths_kept: Counter[int] = field(default_factory=Counter)

    def __str__(self) -> str:
        share = self.num_words_kept / max(self.num_words, 1)
        lines = [
            f"in       {self.num_documents:>11,} documents {self.num_words:>14,} words",
            f"kept     {self.num_documents_kept:>11,} documents {self.num_words_kept:>14,} words "
            f"({share:.1%})",
        ]
        lines += [f"dropped  {count:>11,} by {name}" for name, count in self.dropped.items()]
        lines += [f"changed  {count:>11,} by {name}" for name, count in self.changed.items()]
        for name, documents in self.samples.items():
            lines += [f"{name} dropped {d.name}: {d.text[:80]!r}" for d in documents]
        return "\n".join(lines)

    def plot(self, path: Any) -> None:
        """Draw how long the documents are, before and after, as a picture file."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        powers = range(max(self.lengths, default=0) + 1)
        for counts, label, width in ((self.lengths, "in", 0.9), (self.lengths_kept, "kept", 0.6)):
            axes.bar(powers, [counts[power] for power in powers], width=width, label=label)
        axes.set_xticks(list(powers), [f"{2**power:,}" for power in powers], rotation=45)
        axes.set(xlabel="words, from", ylabel="documents", title="Length of documents")
        axes.legend()
        figure.savefig(path, dpi=120)


class CorpusCleaner:
    """Puts documents through steps, one after another, and counts what each does.

    A step is a function from a text to a text, or to None to drop the document; those of
    `kerabert.corpora.cleaning_steps`, or your own. Steps that remember texts, such as
    `NearDuplicates`, keep the first of several.

    Args:
        steps: sequence of functions.

    Attributes:
        report: `CleaningReport`, up to the document that was read last.

    Raises:
        ValueError: if there are no steps, or one is no function.

    Example:

    >>> from kerabert.corpora.cleaning_steps import LengthFilter, remove_control_characters
    >>> cleaner = CorpusCleaner([remove_control_characters, LengthFilter(least=2)])
    >>> [d.text for d in cleaner([Document("a", "two\\x00 words"), Document("b", "one")])]
    ['two words']
    >>> dict(cleaner.report.dropped)
    {'LengthFilter': 1}
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        if not steps or not all(callable(step) for step in steps):
            raise ValueError(f"`steps` must be functions of a text. Received: steps={steps!r}")
        self.steps = [(getattr(step, "__name__", type(step).__name__), step) for step in steps]
        self.report = CleaningReport()

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Yield the documents that are kept, cleaned.

        Raises:
            ValueError: if one is no `Document`.
        """
        for document in check_documents(documents):
            cleaned = self._clean(document)
            if cleaned is not None:
                yield Document(document.name, cleaned)

    def _clean(self, document: Document) -> str | None:
        report, words = self.report, count_words(document.text)
        report.num_documents += 1
        report.num_words += words
        report.lengths[_power(words)] += 1
        text = document.text
        for name, step in self.steps:
            after = step(text)
            if after is None:
                report.dropped[name] += 1
                if len(report.samples[name]) < _NUM_SAMPLES:
                    report.samples[name].append(Document(document.name, text))
                return None
            report.changed[name] += after != text
            text = after
        words = count_words(text)
        report.num_documents_kept += 1
        report.num_words_kept += words
        report.lengths_kept[_power(words)] += 1
        return text


def _power(words: int) -> int:
    return max(words.bit_length() - 1, 0)
