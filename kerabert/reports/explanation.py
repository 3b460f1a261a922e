"""What each word adds to a prediction, to print and to show in a notebook."""

from dataclasses import dataclass
from html import escape
from typing import NamedTuple

import numpy as np

from kerabert.text.token_rows import Array

_FOR, _AGAINST = "31, 119, 180", "214, 90, 20"  # blue and orange: also for the colour-blind


class Attribution(NamedTuple):
    """What a piece or a word adds.

    Attributes:
        text: str; of a piece, the piece.
        score: float, by how much it raises the output.
        start: int, where it begins in its text, in characters.
        end: int, where it ends.
        segment: int, 0 for the first text, 1 for the second one of a pair.
    """

    text: str
    score: float
    start: int
    end: int
    segment: int


@dataclass(frozen=True)
class Explanation:
    """Which words a prediction rests on; printed, a table; in a notebook, the coloured text.

    The scores say by how much each word raises the output, as against the same text with a
    baseline in place of its words. Together they are the difference of both outputs; `error` says
    how exactly.

    Attributes:
        texts: tuple of str, the text, or both of a pair.
        target: str, the class, or the number of the output.
        output: float, the log-odds `log(p / (1 - p))` of the class, or a regressor's number.
        baseline_output: float, the output of the baseline.
        tokens: list of `Attribution`, of each piece that was read.
        words: list of `Attribution`, of each word: the sums over their pieces.
        baseline: str, what stood in place of the words.
        is_class: bool, whether the output is the log-odds of a class.
    """

    texts: tuple[str, ...]
    target: str
    output: float
    baseline_output: float
    tokens: list[Attribution]
    words: list[Attribution]
    baseline: str
    is_class: bool

    @property
    def scores(self) -> Array:
        """float64 array (words,), the score of each word."""
        return np.array([word.score for word in self.words], "float64")

    @property
    def error(self) -> float:
        """By how much the sum of the scores misses the difference of both outputs."""
        return float(self.scores.sum() - (self.output - self.baseline_output))

    @property
    def probability(self) -> float | None:
        """The probability of the class; None of a regressor."""
        return float(1 / (1 + np.exp(-self.output))) if self.is_class else None

    def __str__(self) -> str:
        width = max([4, *(len(word.text) for word in self.words)])
        lines = [self._headline, f"{'word':{width}}   score"]
        lines += [f"{word.text:{width}}  {word.score:+6.2f}" for word in self.words]
        return "\n".join(lines)

    @property
    def _headline(self) -> str:
        if self.probability is None:
            what = f"output {self.target}: {self.output:.2f}, {self.baseline} alone"
        else:
            what = (
                f"{self.target}: {self.probability:.1%}, log-odds {self.output:+.2f}; "
                f"{self.baseline} alone"
            )
        return f"{what} {self.baseline_output:+.2f}"

    def _repr_html_(self) -> str:
        largest = max([1e-9, *np.abs(self.scores).tolist()])
        parts = []
        for segment, text in enumerate(self.texts):
            words = [word for word in self.words if word.segment == segment]
            parts.append(f"<div>{_color(text, words, largest)}</div>")
        legend = (
            f'<span style="background: rgba({_FOR}, 0.6); padding: 0 4px">for</span> '
            f'<span style="background: rgba({_AGAINST}, 0.6); padding: 0 4px">against</span>'
        )
        return (
            '<div style="font-family: sans-serif; line-height: 1.9; max-width: 60em">'
            f'<div style="font-size: 85%">{escape(self._headline)} &nbsp; {legend}</div>'
            f"{''.join(parts)}</div>"
        )


def _color(text: str, words: list[Attribution], largest: float) -> str:
    """A text with its words in colour; what was not read is grey."""
    parts, done = [], 0
    for word in words:
        begin = max(done, word.start)  # pieces of one character share its place
        color = _FOR if word.score >= 0 else _AGAINST
        strength = 0.75 * abs(word.score) / largest
        parts.append(escape(text[done:begin]))
        parts.append(
            f'<span title="{word.score:+.3f}" style="background: rgba({color}, {strength:.3f}); '
            f'border-radius: 3px">{escape(text[begin : word.end])}</span>'
        )
        done = max(begin, word.end)
    rest = escape(text[done:])
    if rest.strip():
        rest = f'<span style="color: #999" title="not read">{rest}</span>'
    return "".join([*parts, rest])
