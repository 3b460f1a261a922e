"""Whether a model is as often right as it is sure."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerabert.text.token_rows import Array


@dataclass(frozen=True)
class Calibration:
    """Predictions by how sure they were.

    Attributes:
        counts: int array (bins,), how many predictions there are in each of the bins, which divide
            (0, 1] evenly.
        confidence: float array (bins,), their mean probability; 0 in an empty bin.
        accuracy: float array (bins,), which share of them is right; 0 in an empty bin.
    """

    counts: Array
    confidence: Array
    accuracy: Array

    @classmethod
    def measure(cls, confidence: Array, is_right: Array, num_bins: int = 10) -> "Calibration":
        """Sort predictions into bins.

        Args:
            confidence: float array (predictions,) within [0, 1].
            is_right: bool array (predictions,).
            num_bins: int. Default 10.

        Example:

        >>> found = Calibration.measure(np.array([0.95, 0.95, 0.45]), np.array([1, 0, 1], bool))
        >>> round(found.expected_error, 4), found.counts[[4, 9]].tolist()
        (0.4833, [1, 2])
        """
        bins = np.clip(np.ceil(confidence * num_bins).astype(int) - 1, 0, num_bins - 1)
        counts = np.bincount(bins, minlength=num_bins)
        sums = (
            np.bincount(bins, values, minlength=num_bins)
            for values in (confidence, is_right.astype("float64"))
        )
        return cls(counts, *(values / np.maximum(counts, 1) for values in sums))

    @property
    def expected_error(self) -> float:
        """The expected calibration error: the mean of |accuracy - confidence| of the bins.

        Each bin weighs as many as it has predictions.

        Source: Naeini et al., 2015; Guo et al., 2017, section 2.
        """
        gaps = np.abs(self.accuracy - self.confidence)
        return float((gaps * self.counts).sum() / max(1, self.counts.sum()))

    def draw(self, axis: Any) -> None:
        """Draw the reliability diagram into a `matplotlib` axis."""
        num_bins = len(self.counts)
        some = self.counts > 0
        middles = (np.arange(num_bins) + 0.5)[some] / num_bins
        axis.bar(middles, self.accuracy[some], 0.9 / num_bins, color="tab:blue", label="right")
        axis.plot(self.confidence[some], self.confidence[some], "ko--", ms=4, label="sure")
        axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability", ylabel="share that is right")
        axis.set_title(f"calibration error {self.expected_error:.1%}")
        axis.legend(loc="upper left")
