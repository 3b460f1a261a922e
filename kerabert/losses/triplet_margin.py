"""A text that is to be nearer than another."""

from typing import Any

import keras
from keras import ops

from kerabert.layers.arguments import check_positive_numbers
from kerabert.losses.vector_loss import VectorLoss, best_of_row, unit_vectors

DISTANCES = ("cosine", "euclidean", "manhattan")


@keras.saving.register_keras_serializable(package="kerabert")
class TripletMargin(VectorLoss):
    """Brings an anchor nearer to its positive than to its negative, by a margin.

    `max(0, d(anchor, positive) - d(anchor, negative) + margin)`; of several negatives the mean.

    Args:
        margin: float above 0, in the unit of the distance. Default 0.5.
        distance: str, "cosine" (1 - the cosine), "euclidean" or "manhattan". Default "cosine".
        **kwargs: `name`, `reduction` and others of `keras.losses.Loss`.

    Inputs:
        y_true: int (batch, texts): -1 where there is no text.
        y_pred: float32 (batch, texts, dim): anchor, positive, and one or more negatives.

    Outputs:
        float32 (), the mean over the rows.

    Raises:
        ValueError: if an argument is out of range, or a row has no three texts.

    Example:

    >>> import numpy as np
    >>> vectors = np.array([[[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]])
    >>> round(float(TripletMargin(margin=1.0)(np.array([[0, 1, 2]]), vectors)), 4)
    0.4

    Source: Reimers and Gurevych, 2019, section 3, "Triplet Objective Function". There the distance
        is Euclidean and the margin 1, of vectors of any length.
    """

    fewest_texts = 3

    def __init__(
        self,
        margin: float = 0.5,
        distance: str = "cosine",
        name: str = "triplet_margin",
        **kwargs: Any,
    ) -> None:
        check_positive_numbers(margin=margin)
        if distance not in DISTANCES:
            raise ValueError(
                f"`distance` must be one of {DISTANCES}. Received: distance={distance!r}"
            )
        super().__init__(name=name, **kwargs)
        self.margin = float(margin)
        self.distance = distance

    def call(self, y_true: Any, y_pred: Any) -> Any:
        distances = self._distances(y_pred)
        losses = ops.relu(distances[:, :1] - distances[:, 1:] + self.margin)
        exists = ops.cast(y_true[:, 2:] >= 0, losses.dtype)
        return ops.sum(losses * exists, axis=1) / ops.maximum(ops.sum(exists, axis=1), 1.0)

    def compare(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        distances = self._distances(y_pred)
        negatives = ops.where(y_true[:, 2:] >= 0, -distances[:, 1:], -1e9)
        # The positive last: as near as a negative is not right.
        nearness = ops.concatenate([negatives, -distances[:, :1]], axis=1)
        last = nearness.shape[1] - 1
        return ops.full((ops.shape(nearness)[0],), last, dtype="int32"), nearness

    def default_metrics(self) -> list[Any]:
        return [best_of_row("accuracy")]

    def _distances(self, y_pred: Any) -> Any:
        """(batch, texts - 1), from the anchor."""
        self.check_vectors(y_pred)
        if self.distance == "cosine":
            vectors = unit_vectors(y_pred)
            return 1 - ops.sum(vectors[:, :1] * vectors[:, 1:], axis=-1)
        difference = y_pred[:, :1] - y_pred[:, 1:]
        if self.distance == "manhattan":
            return ops.sum(ops.abs(difference), axis=-1)
        # The larger one inside the root: at 0 the root has no gradient.
        return ops.sqrt(ops.maximum(ops.sum(ops.square(difference), axis=-1), 1e-24))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "margin": self.margin, "distance": self.distance}
