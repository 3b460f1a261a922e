"""Vectors whose beginnings are vectors, too."""

from collections.abc import Sequence
from typing import Any

import keras

from kerabert.layers.arguments import check_positive_integers, check_positive_numbers
from kerabert.losses.vector_loss import VectorLoss, unit_vectors


@keras.saving.register_keras_serializable(package="kerabert")
class Matryoshka(VectorLoss):
    """Another loss, on the first few dimensions of the vectors as well.

    `sum_k weight_k * loss(first dim_k dimensions, divided by their length)`. A model so trained
    gives shorter vectors that are nearly as good: `embed(texts, dim=64)`.

    Args:
        loss: `VectorLoss`, for example `MultipleNegativesRanking()`. The metrics are those of it,
            on whole vectors.
        dims: list of int, the sizes, none above the vectors'. Put the vectors' own among them.
        weights: list of float above 0, one a size. Default: 1 each.
        **kwargs: `name`, `reduction` and others of `keras.losses.Loss`.

    Inputs:
        y_true, y_pred: those of `loss`.

    Outputs:
        float32 (), the mean over the rows.

    Raises:
        ValueError: if an argument is out of range, or a size is above the vectors'.

    Example:

    >>> import numpy as np
    >>> from kerabert.losses import CosineRegression
    >>> vectors = np.array([[[1.0, 0.0, 0.0], [1.0, 0.0, 1.0]]])
    >>> loss = Matryoshka(CosineRegression(), dims=[3, 2], weights=[2.0, 1.0])
    >>> round(float(loss(np.array([0.0]), vectors)), 4)  # 2 * 0.5 + 1 * 1
    2.0

    Source: Kusupati et al., 2022, section 3.
    """

    def __init__(
        self,
        loss: VectorLoss,
        dims: Sequence[int],
        weights: Sequence[float] | None = None,
        name: str = "matryoshka",
        **kwargs: Any,
    ) -> None:
        if not isinstance(loss, VectorLoss) or isinstance(loss, Matryoshka):
            raise ValueError(
                "`loss` must be a loss of vectors, and no Matryoshka itself. "
                f"Received: a {type(loss).__name__}"
            )
        if not isinstance(dims, list | tuple) or not dims or len(set(dims)) < len(dims):
            raise ValueError(f"`dims` must be a list of different sizes. Received: dims={dims!r}")
        for dim in dims:
            check_positive_integers(dims=dim)
        weights = [1.0] * len(dims) if weights is None else weights
        if not isinstance(weights, list | tuple) or len(weights) != len(dims):
            raise ValueError(
                f"`weights` must have one weight for each of `dims`. Received: weights={weights!r}"
            )
        for weight in weights:
            check_positive_numbers(weights=weight)
        super().__init__(name=name, **kwargs)
        self.loss = loss
        self.dims = list(dims)
        self.weights = [float(weight) for weight in weights]
        self.takes_scores = loss.takes_scores
        self.fewest_texts, self.most_texts = loss.fewest_texts, loss.most_texts

    def call(self, y_true: Any, y_pred: Any) -> Any:
        size = y_pred.shape[-1]
        if max(self.dims) > size:
            raise ValueError(
                f"`dims` must not be above the size of the vectors, {size}. "
                f"Received: dims={self.dims}"
            )
        losses = 0.0
        for dim, weight in zip(self.dims, self.weights, strict=True):
            losses += weight * self.loss.call(y_true, unit_vectors(y_pred[..., :dim]))
        return losses

    def compare(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        return self.loss.compare(y_true, y_pred)

    def default_metrics(self) -> list[Any]:
        return self.loss.default_metrics()

    def get_config(self) -> dict[str, Any]:
        loss = keras.saving.serialize_keras_object(self.loss)
        return {**super().get_config(), "loss": loss, "dims": self.dims, "weights": self.weights}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Matryoshka":
        config = dict(config)
        config["loss"] = keras.saving.deserialize_keras_object(config["loss"])
        return cls(**config)
