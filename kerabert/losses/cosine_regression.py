"""How alike two texts are, as a number."""

from typing import Any

import keras
from keras import ops

from kerabert.losses.vector_loss import VectorLoss, unit_vectors
from kerabert.metrics.pearson_correlation import PearsonCorrelation
from kerabert.metrics.spearman_correlation import SpearmanCorrelation


@keras.saving.register_keras_serializable(package="kerabert")
class CosineRegression(VectorLoss):
    """Makes the cosine of two texts' vectors the score that people gave them.

    `(cos(a, b) - score)^2`.

    Args:
        **kwargs: `name`, `reduction` and others of `keras.losses.Loss`.

    Inputs:
        y_true: float (batch,), scores in [-1, 1].
        y_pred: float32 (batch, 2, dim).

    Outputs:
        float32 (), the mean over the rows.

    Raises:
        ValueError: if a row has not two texts.

    Example:

    >>> import numpy as np
    >>> vectors = np.array([[[1.0, 0.0], [3.0, 0.0]], [[1.0, 0.0], [0.0, 2.0]]])
    >>> float(CosineRegression()(np.array([1.0, 0.5]), vectors))
    0.125

    Source: Reimers and Gurevych, 2019, section 3, "Regression Objective Function".
    """

    takes_scores = True
    most_texts = 2

    def __init__(self, name: str = "cosine_regression", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        targets, cosines = self.compare(y_true, y_pred)
        return ops.square(cosines - targets)

    def default_metrics(self) -> list[Any]:
        return [PearsonCorrelation(), SpearmanCorrelation()]

    def compare(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        self.check_vectors(y_pred)
        vectors = unit_vectors(y_pred)
        cosines = ops.sum(vectors[:, 0] * vectors[:, 1], axis=-1)
        return ops.reshape(ops.cast(y_true, cosines.dtype), (-1,)), cosines
