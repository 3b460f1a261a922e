"""The learning rate of BERT's recipe: up, then down to zero."""

from typing import Any

import keras
from keras import ops

from kerabert.layers.arguments import check_positive_integers, check_positive_numbers, check_rates


@keras.saving.register_keras_serializable(package="kerabert")
class WarmupLinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Rises linearly from 0 to a peak, then falls linearly to 0.

    With `s` steps taken of `total_steps`, and `w = warmup_rate * total_steps` rounded:
    `peak * s / w` while `s < w`, then `peak * (total_steps - s) / (total_steps - w)`.

    Args:
        peak_learning_rate: float.
        total_steps: int, steps from the first to where the rate reaches 0. None means the length
            of the `fit` call: the task's `fit` fills it in, each call anew.
        warmup_rate: float in [0, 1), the share of the steps that rise. Default 0.1.
        first_step: int, the optimizer's step at which the schedule begins. Default 0.

    Raises:
        ValueError: if an argument is out of range, or the schedule is asked for a rate while
            `total_steps` is unknown.

    Example:

    >>> rate = WarmupLinearDecay(1.0, total_steps=100, warmup_rate=0.1)
    >>> [round(float(rate(step)), 3) for step in (0, 5, 10, 55, 100)]
    [0.0, 0.5, 1.0, 0.5, 0.0]

    Source: Devlin et al., 2019, appendix A.2 and A.3.
    """

    def __init__(
        self,
        peak_learning_rate: float = 5e-5,
        total_steps: int | None = None,
        warmup_rate: float = 0.1,
        first_step: int = 0,
        follows_fit: bool | None = None,
    ) -> None:
        super().__init__()
        check_positive_numbers(peak_learning_rate=peak_learning_rate)
        check_rates(warmup_rate=warmup_rate)
        if total_steps is not None:
            check_positive_integers(total_steps=total_steps)
        self.peak_learning_rate = peak_learning_rate
        self.total_steps = total_steps
        self.warmup_rate = warmup_rate
        self.first_step = first_step
        self.follows_fit = total_steps is None if follows_fit is None else follows_fit

    def plan(self, first_step: int, total_steps: int) -> bool:
        """Set the steps of a `fit` call; returns whether anything changed."""
        before = (self.first_step, self.total_steps)
        self.first_step, self.total_steps = first_step, total_steps
        return before != (first_step, total_steps)

    def __call__(self, step: Any) -> Any:
        if self.total_steps is None:
            raise ValueError(
                "`total_steps` must be known to compute a learning rate. Give it, or train with "
                "the `fit` of a kerabert task, which fills it in. Received: total_steps=None."
            )
        warmup = round(self.warmup_rate * self.total_steps)
        step = ops.cast(step, "float32") - float(self.first_step)
        rising = step / max(warmup, 1)
        falling = (self.total_steps - step) / max(self.total_steps - warmup, 1)
        share = ops.where(step < warmup, rising, ops.maximum(falling, 0.0))
        return self.peak_learning_rate * share

    def get_config(self) -> dict[str, Any]:
        return {
            "peak_learning_rate": self.peak_learning_rate,
            "total_steps": self.total_steps,
            "warmup_rate": self.warmup_rate,
            "first_step": self.first_step,
            "follows_fit": self.follows_fit,
        }
