"""What a task must say of itself."""

from typing import Any

import keras

from kerabert.models.backbone import BertBackbone
from kerabert.models.inputs import check_arrays


class TaskContract:
    """The methods and attributes that make a task of a `BertTask`.

    A task defines `default_loss`, `default_metrics`, `encode_targets`, `head_config` and
    `head_layers`, and changes the others where it differs.
    """

    backbone: BertBackbone

    default_learning_rate = 5e-5
    takes_strings = True  # whether `fit`, `evaluate` and `predict` do; else arrays and datasets
    encodes_targets = True  # whether labels are checked; not for a loss of one's own

    def default_loss(self) -> Any:
        """The loss that `compile()` uses; None where it must be given."""
        raise NotImplementedError

    def default_metrics(self) -> list[Any]:
        """The metrics that `compile()` uses."""
        raise NotImplementedError

    def default_weighted_metrics(self) -> Any:
        """The metrics that `compile()` uses in which `sample_weight` counts; None for none."""
        return None

    def encode_targets(self, y: Any, num_rows: int) -> Any:
        """Turn labels as people write them into the arrays that the loss takes, or refuse them."""
        raise NotImplementedError

    def encode_array_targets(self, y: Any, x: dict[str, Any]) -> Any:
        """As `encode_targets`, where the inputs are arrays and their shapes can be compared."""
        return self.encode_targets(y, int(x["token_ids"].shape[0]))

    def check_inputs(self, x: dict[str, Any]) -> None:
        """Raise `ValueError` unless `x` is a dict of arrays that the model takes."""
        check_arrays(x, self.backbone)

    @property
    def scores_texts(self) -> bool:
        """Whether `evaluate` scores what the task finds in whole texts, beside its batches."""
        return False

    def score_texts(self, batches: Any) -> dict[str, float]:
        """Return these scores by name, of the batches that `make_batches` made of texts."""
        raise NotImplementedError

    def head_config(self) -> dict[str, Any]:
        """The constructor's arguments besides `backbone`, `tokenizer`, `dtype` and `name`."""
        raise NotImplementedError

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        """The head's layers by the name that Hugging Face gives their weights."""
        raise NotImplementedError
