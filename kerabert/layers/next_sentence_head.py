"""The head that says whether a second text follows a first."""

from typing import Any

import keras

from kerabert.layers.arguments import check_positive_numbers
from kerabert.layers.dense import Dense
from kerabert.layers.initializers import weight_initializer


@keras.saving.register_keras_serializable(package="kerabert")
class NextSentenceHead(keras.layers.Layer):
    """Predicts whether the second segment follows the first in their document.

    `logits = W pooled_output + b`, computed in float32. Class 0 is "it follows", class 1 "it is
    from elsewhere", as in every published BERT.

    Args:
        initializer_range: float, standard deviation of the truncated normal that the kernel
            starts from. Default 0.02.

    Inputs:
        inputs: float tensor (batch, hidden_dim), the backbone's `pooled_output`.

    Outputs:
        Logits: float32 (batch, 2).

    Raises:
        ValueError: if `initializer_range` is not above zero.

    Example:

    >>> import numpy as np
    >>> tuple(NextSentenceHead()(np.ones((3, 8), "float32")).shape)
    (3, 2)

    Source: Devlin et al., 2019, section 3.1, "Task #2".
    """

    def __init__(self, initializer_range: float = 0.02, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive_numbers(initializer_range=initializer_range)
        self.initializer_range = initializer_range

    def build(self, inputs_shape: Any) -> None:
        self.dense = Dense(
            2,
            kernel_initializer=weight_initializer(self.initializer_range),
            dtype="float32",
            name="dense",
        )
        self.dense.build(inputs_shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self.dense(inputs)

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((*inputs.shape[:-1], 2), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "initializer_range": self.initializer_range}
