"""A pooler that a task has no use for stays as it is."""

from typing import Any

from kerabert.models.backbone import BertBackbone


class UnusedPooler:
    """Counts the pooler's weights among those that are not trained where no loss reaches them.

    Otherwise Keras would train them like all others: on JAX AdamW makes them smaller step by step,
    on TensorFlow and PyTorch there is a warning. Their own `trainable` is left alone, since another
    task may have the same backbone.

    Attributes:
        uses_pooler: bool, whether the task's outputs are computed from `pooled_output`.
    """

    backbone: BertBackbone
    uses_pooler = True

    @property
    def trainable_variables(self) -> list[Any]:
        return self._split(super().trainable_variables)[0]  # type: ignore[misc]

    @property
    def non_trainable_variables(self) -> list[Any]:
        unused = self._split(super().trainable_variables)[1]  # type: ignore[misc]
        return super().non_trainable_variables + unused  # type: ignore[misc]

    @property
    def trainable_weights(self) -> list[Any]:
        return self._split(super().trainable_weights)[0]  # type: ignore[misc]

    @property
    def non_trainable_weights(self) -> list[Any]:
        unused = self._split(super().trainable_weights)[1]  # type: ignore[misc]
        return super().non_trainable_weights + unused  # type: ignore[misc]

    def _split(self, variables: list[Any]) -> tuple[list[Any], list[Any]]:
        """The variables that are used, and those that are not."""
        pooler = None if self.uses_pooler else self.backbone.pooler
        if pooler is None:
            return variables, []
        unused = {id(variable) for variable in pooler.weights}
        return (
            [variable for variable in variables if id(variable) not in unused],
            [variable for variable in variables if id(variable) in unused],
        )
