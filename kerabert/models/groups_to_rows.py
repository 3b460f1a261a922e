"""Rows of several sequences, for a backbone that takes one a row."""

from typing import Any

import keras
from keras import ops


class GroupsToRows(keras.layers.Layer):
    """(batch, group, sequence) -> (batch * group, sequence), for choices, or windows of a text."""

    def call(self, inputs: Any) -> Any:
        return ops.reshape(inputs, (-1, ops.shape(inputs)[-1]))

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((None, inputs.shape[-1]), dtype=inputs.dtype)


def group_inputs(backbone: keras.Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a backbone's inputs with an axis more, (batch, group, sequence), and as its rows."""
    inputs = {
        key: keras.Input((None, None), dtype=tensor.dtype, name=key)
        for key, tensor in backbone.input.items()
    }
    return inputs, {key: GroupsToRows(name=f"{key}_rows")(x) for key, x in inputs.items()}
