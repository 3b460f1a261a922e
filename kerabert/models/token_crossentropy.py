"""The loss of the tasks that have a target for each of several tokens."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="kerabert")
class TokenCrossentropy(keras.losses.SparseCategoricalCrossentropy):
    """The mean cross-entropy of tokens, each weighed by its own `sample_weight`.

    `sum(w * -log softmax(logits)[target]) / sum(w)`: tokens of weight 0 do not count. Without
    weights, all tokens count alike.

    Args:
        from_logits: bool. Default True.
        reduction: str. Default `"mean_with_sample_weight"`.
        **kwargs: as in `keras.losses.SparseCategoricalCrossentropy`.

    Inputs:
        y_true: int (batch, tokens).
        y_pred: float (batch, tokens, classes).
        sample_weight: float (batch, tokens).

    Raises:
        ValueError: if there is not one weight for each target. Keras would divide by the sum of
            the weights of rows alone; that is also what `class_weight` becomes in `fit`.

    Example:

    >>> import numpy as np
    >>> logits = np.log([[[0.5, 0.5], [0.1, 0.9]]])
    >>> loss = TokenCrossentropy()(np.array([[0, 0]]), logits, np.array([[1.0, 0.0]]))
    >>> round(float(loss), 4)
    0.6931
    """

    def __init__(
        self, from_logits: bool = True, reduction: str = "mean_with_sample_weight", **kwargs: Any
    ) -> None:
        super().__init__(from_logits=from_logits, reduction=reduction, **kwargs)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if sample_weight is not None:
            targets, weights = _sizes(y_true), _sizes(sample_weight)
            if len(targets) != len(weights) or any(
                None not in (a, b) and a != b for a, b in zip(targets, weights, strict=True)
            ):
                raise ValueError(
                    "`sample_weight` must have the shape of the targets, a weight for each token; "
                    "`class_weight` cannot be used. "
                    f"Received: weights {weights}, targets {targets}."
                )
        return super().__call__(y_true, y_pred, sample_weight)


def _sizes(x: Any) -> tuple[int | None, ...]:
    """The shape as far as it is known: TensorFlow may not know even the number of axes."""
    return () if getattr(x.shape, "rank", 0) is None else tuple(x.shape)
