"""The optimizer of BERT's recipe."""

from collections.abc import Sequence
from typing import Any

import keras

from kerabert.training.schedule import WarmupLinearDecay

# On PyTorch `keras.optimizers.AdamW(...)` makes an object of another class, which updates all
# variables in one call. A subclass has to inherit from that one to be as fast.
_AdamW: Any = type(keras.optimizers.AdamW.__new__(keras.optimizers.AdamW))


@keras.saving.register_keras_serializable(package="kerabert")
class BertAdamW(_AdamW):
    """AdamW as BERT is trained: no decay on biases and LayerNorm, gradients clipped.

    Args:
        learning_rate: float (the peak of a `WarmupLinearDecay` over the `fit` call), or any Keras
            schedule. Default 5e-5.
        weight_decay: float. Default 0.01.
        beta_1: float. Default 0.9.
        beta_2: float. Default 0.999.
        epsilon: float. Default 1e-6.
        global_clipnorm: float or None, the largest norm of all gradients together. Default 1.0.
        exclude_from_decay: names of variables that are not decayed. Default: biases and the
            gamma and beta of LayerNorm.

    Example:

    >>> optimizer = BertAdamW(learning_rate=3e-5)
    >>> keras.optimizers.deserialize(keras.optimizers.serialize(optimizer)).exclude_from_decay
    ('bias', 'gamma', 'beta')

    Source: Devlin et al., 2019, appendix A.2 and A.3, with the decay decoupled as in Loshchilov
    and Hutter, 2019. Bias correction, which Google's optimizer leaves out, is on: Mosbach et al.,
    2021, find fine-tuning on small data unstable without it.
    """

    def __init__(
        self,
        learning_rate: Any = 5e-5,
        weight_decay: float = 0.01,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-6,
        global_clipnorm: float | None = 1.0,
        exclude_from_decay: Sequence[str] = ("bias", "gamma", "beta"),
        **kwargs: Any,
    ) -> None:
        if isinstance(learning_rate, int | float):
            learning_rate = WarmupLinearDecay(learning_rate)
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            global_clipnorm=global_clipnorm,
            **kwargs,
        )
        # Keras does not write the excluded names into the config, so a reloaded optimizer would
        # decay everything: they are an argument here.
        self.exclude_from_decay = tuple(exclude_from_decay)
        if self.exclude_from_decay:
            self.exclude_from_weight_decay(var_names=list(self.exclude_from_decay))

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        # TensorFlow hands over the gradient of an embedding as one slice for each looked-up id.
        # Keras (3.15) squares and sums such slices one by one, which is wrong where an id occurs
        # twice: the clipped norm and the second moment would differ from other backends.
        super().apply([_as_dense(gradient) for gradient in grads], trainable_variables)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "exclude_from_decay": list(self.exclude_from_decay)}


def _as_dense(gradient: Any) -> Any:
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if isinstance(gradient, tf.IndexedSlices):
            return tf.convert_to_tensor(gradient)
    return gradient


def find_fit_schedule(optimizer: Any) -> WarmupLinearDecay | None:
    """Return the optimizer's schedule if its length is that of the `fit` call, else None."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)  # under loss scaling
    schedule = getattr(inner, "_learning_rate", None)
    if isinstance(schedule, WarmupLinearDecay) and schedule.follows_fit:
        return schedule
    return None
