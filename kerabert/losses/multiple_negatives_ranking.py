"""The text that belongs to another one, among all texts of the batch."""

from typing import Any

import keras
from keras import ops

from kerabert.layers.arguments import check_positive_numbers
from kerabert.losses.vector_loss import VectorLoss, best_of_row, unit_vectors


@keras.saving.register_keras_serializable(package="kerabert")
class MultipleNegativesRanking(VectorLoss):
    """Finds each anchor's positive among all positives and negatives of the batch.

    With anchors `a`, candidates `c`, the batch's positives and then its negatives, and
    `s_ij = scale * cos(a_i, c_j)`, the loss of row i is `log(sum_j exp(s_ij)) - s_ii`. So the
    larger the batch, the more there is to learn from; `compile(chunk_size=...)` makes large ones
    fit into memory.

    A candidate is not counted as a negative where it is known to be none: it is the anchor's own
    text, or the positive of a row with the same anchor. Texts count as the same if they are
    equal as strings.

    Args:
        scale: float above 0, what cosines are multiplied by: 1 / temperature. Default 20.
        symmetric: bool, whether anchors are sought among all of a batch for each positive, too;
            the loss is then the mean of both. Default False.
        **kwargs: `name`, `reduction` and others of `keras.losses.Loss`.

    Inputs:
        y_true: int (batch, texts): the same number for the same text, -1 where there is none.
        y_pred: float32 (batch, texts, dim): anchor, positive, and any number of hard negatives.

    Outputs:
        float32 (), the mean over the rows.

    Raises:
        ValueError: if an argument is out of range, or a row has no two texts.

    Example:

    >>> import numpy as np
    >>> vectors = np.eye(3, dtype="float32")[[[0, 0], [1, 1], [2, 1]]]
    >>> numbers = np.array([[0, 1], [2, 3], [4, 5]])
    >>> round(float(MultipleNegativesRanking(scale=1.0)(numbers, vectors)), 4)
    0.8374
    >>> numbers[2, 1] = 3  # rows 1 and 2 have one positive: it is no negative
    >>> round(float(MultipleNegativesRanking(scale=1.0)(numbers, vectors)), 4)
    0.5193

    Source: Henderson et al., 2017, section 4.4, and van den Oord et al., 2018, section 2.3. There
        texts that are the same are negatives of each other.
    """

    def __init__(
        self,
        scale: float = 20.0,
        symmetric: bool = False,
        name: str = "multiple_negatives_ranking",
        **kwargs: Any,
    ) -> None:
        check_positive_numbers(scale=scale)
        if not isinstance(symmetric, bool):
            raise ValueError(f"`symmetric` must be a bool. Received: symmetric={symmetric!r}")
        super().__init__(name=name, **kwargs)
        self.scale = float(scale)
        self.symmetric = symmetric

    def call(self, y_true: Any, y_pred: Any) -> Any:
        scores, right = self._scores(y_true, y_pred)
        loss = ops.logsumexp(scores, axis=1) - right
        if self.symmetric:
            # The positives are the first columns; who is no negative of whom is the same.
            positives = scores[:, : ops.shape(scores)[0]]
            loss = (loss + ops.logsumexp(positives, axis=0) - right) / 2
        return loss

    def compare(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        scores, _ = self._scores(y_true, y_pred)
        return ops.arange(ops.shape(scores)[0], dtype="int32"), scores

    def default_metrics(self) -> list[Any]:
        return [best_of_row("accuracy")]

    def _scores(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        """(batch, candidates), -1e9 where one does not count; (batch,), those of the positives."""
        self.check_vectors(y_pred)
        vectors = unit_vectors(y_pred)
        anchors = vectors[:, 0]
        candidates = ops.reshape(
            ops.transpose(vectors[:, 1:], (1, 0, 2)), (-1, y_pred.shape[2])
        )  # positives, then the first negative of each row, then the second ...
        scores = self.scale * ops.matmul(anchors, ops.transpose(candidates))
        right = self.scale * ops.sum(anchors * vectors[:, 1], axis=-1)
        return ops.where(_do_not_count(ops.cast(y_true, "int32")), -1e9, scores), right

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "symmetric": self.symmetric}


def _do_not_count(numbers: Any) -> Any:
    """bool (batch, candidates): other candidates than the positive that are no negatives."""
    anchors, positives = numbers[:, :1], numbers[:, 1:2]  # (batch, 1)
    candidates = ops.reshape(ops.transpose(numbers[:, 1:]), (1, -1))
    same_anchor = ops.cast(anchors == ops.transpose(anchors), "float32")
    is_positive = ops.cast(positives == candidates, "float32")
    known = (ops.matmul(same_anchor, is_positive) > 0) | (anchors == candidates) | (candidates < 0)
    rows = ops.arange(ops.shape(numbers)[0])[:, None]
    columns = ops.arange(ops.shape(candidates)[1])[None, :]
    return known & (rows != columns)
