"""F1 of entities within a batch, as a Keras metric."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kerabert.text.tags import find_scheme, goes_on, split_tag


@keras.saving.register_keras_serializable(package="kerabert")
class EntityF1(keras.metrics.Metric):
    """F1 of the entities that the likeliest class of each token gives.

    Only tokens with a weight above 0 are read, one after the other. Tags that break the rules of
    their scheme are read as `kerabert.text.tags.read_spans` reads them: where every word has one
    weighed token, this is `seqeval`'s F1 of the likeliest tags. It is for the progress bar; what
    `BertTokenClassifier` returns to people never breaks the rules, and is better by a little.

    Args:
        classes: list of str, the tags in the order of the logits, in IOB2 or BIOES.
        name: str. Default "f1".

    Inputs:
        y_true: int (batch, tokens).
        y_pred: float (batch, tokens, classes).
        sample_weight: float (batch, tokens). Default: all tokens are read.

    Raises:
        ValueError: if the classes are not those of a scheme.

    Example:

    >>> metric = EntityF1(["O", "B-a", "I-a"])
    >>> metric.update_state(np.array([[1, 2, 0, 1]]), np.eye(3)[np.array([[1, 2, 0, 0]])])
    >>> round(float(metric.result()), 4)  # one of two found, nothing else
    0.6667
    """

    def __init__(self, classes: Sequence[str], name: str = "f1", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.classes = list(classes)
        if find_scheme(self.classes) is None:
            raise ValueError(
                f"`classes` must be tags of IOB2 or BIOES. Received: classes={self.classes}"
            )
        self._direction = "up"  # for callbacks such as EarlyStopping
        pairs = [split_tag(tag) for tag in self.classes]
        types = sorted({type for _, type in pairs})
        self._types = np.array([types.index(type) for _, type in pairs], "int32")
        self._inside = np.array([prefix != "O" for prefix, _ in pairs])
        self._goes_on = np.array([[goes_on(*a, *b) for b in pairs] for a in pairs])
        self._outside = self.classes.index("O")
        self.num_true = self.add_variable((), "zeros", name="num_true")
        self.num_predicted = self.add_variable((), "zeros", name="num_predicted")
        self.num_correct = self.add_variable((), "zeros", name="num_correct")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        tags = ops.cast(y_true, "int32")
        found = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
        counts = ops.ones_like(tags, dtype="bool")
        if sample_weight is not None:
            weights = ops.convert_to_tensor(sample_weight)
            if len(weights.shape) == 1:  # of rows
                weights = weights[:, None]
            counts = ops.logical_and(counts, ops.broadcast_to(weights, ops.shape(tags)) > 0)
        # Tokens that do not count go behind the others, and are outside of every entity; one more
        # of them ends what is not ended.
        tags, found = (
            ops.pad(
                ops.where(_front(counts, counts), _front(values, counts), self._outside),
                [[0, 0], [1, 1]],
                constant_values=self._outside,
            )
            for values in (tags, found)
        )
        true_starts, true_goes_on = self._read(tags)
        found_starts, found_goes_on = self._read(found)
        # Between the beginning of an entity and the next place where nothing goes on, both must
        # go on at the same places.
        differs = ops.cast(ops.not_equal(true_goes_on, found_goes_on), "int32")
        ends = ops.logical_not(true_goes_on)
        num_different = _front(ops.cumsum(differs, axis=1), ends)
        types = ops.convert_to_tensor(self._types)
        begins_equal = ops.logical_and(
            ops.logical_and(true_starts, found_starts),
            ops.equal(ops.take(types, tags[:, 1:]), ops.take(types, found[:, 1:])),
        )
        correct = ops.logical_and(
            _front(begins_equal, ends)[:, :-1],
            ops.equal(num_different[:, :-1], num_different[:, 1:]),
        )
        for variable, flags in (
            (self.num_true, true_starts),
            (self.num_predicted, found_starts),
            (self.num_correct, correct),
        ):
            variable.assign(variable + ops.sum(ops.cast(flags, variable.dtype)))

    def _read(self, tags: Any) -> tuple[Any, Any]:
        """Where an entity begins, and where one goes on; from the second tag on."""
        pairs = tags[:, :-1] * len(self.classes) + tags[:, 1:]
        inside = ops.take(ops.convert_to_tensor(self._inside), tags[:, 1:])
        going_on = ops.take(ops.convert_to_tensor(self._goes_on.reshape(-1)), pairs)
        return ops.logical_and(inside, ops.logical_not(going_on)), going_on

    def result(self) -> Any:
        # 2 p r / (p + r) with p = correct / predicted and r = correct / true.
        total = self.num_true + self.num_predicted
        return 2 * self.num_correct / ops.maximum(total, 1)

    def get_config(self) -> dict[str, Any]:
        return {"classes": self.classes, "name": self.name, "dtype": self.dtype}


def _front(values: Any, flags: Any) -> Any:
    """The values of each row, those with a flag first, in their order."""
    length = ops.shape(values)[1]
    places = ops.broadcast_to(ops.arange(length, dtype="int32"), ops.shape(values))
    order = ops.argsort(ops.where(flags, places, places + length), axis=1)
    return ops.take_along_axis(values, order, axis=1)
