"""The optimizer of BERT's recipe."""

from collections.abc import Sequence
from typing import Any

import keras

from kerabert.training.schedule import WarmupLinearDecay

# On PyTorch `keras.optimizers.AdamW(...)` makes an object of another class, which updates all
# variables in one call. A subclass has to inherit from that one to be as fast.
_AdamW: Any = type(keras.optimizers.AdamW.__new__(keras.optimizers.AdamW))


class ExcludesFromDecay:
    """What BERT's optimizers share: a planned rate, no decay of some variables, dense gradients.

    It stands before a Keras optimizer among the bases.
    """

    def __init__(
        self, learning_rate: Any, exclude_from_decay: Sequence[str], **kwargs: Any
    ) -> None:
        if isinstance(learning_rate, int | float):
            learning_rate = WarmupLinearDecay(learning_rate)
        optimizer: Any = super()
        optimizer.__init__(learning_rate=learning_rate, **kwargs)
        # Keras does not write the excluded names into the config, so a reloaded optimizer would
        # decay everything: they are an argument here.
        self.exclude_from_decay = tuple(exclude_from_decay)
        if self.exclude_from_decay:
            optimizer.exclude_from_weight_decay(var_names=list(self.exclude_from_decay))

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        # TensorFlow hands over the gradient of an embedding as one slice for each looked-up id.
        # Keras (3.15) squares and sums such slices one by one, which is wrong where an id occurs
        # twice: the clipped norm and the second moment would differ from other backends.
        optimizer: Any = super()
        optimizer.apply([_as_dense(gradient) for gradient in grads], trainable_variables)

    def get_config(self) -> dict[str, Any]:
        optimizer: Any = super()
        return {**optimizer.get_config(), "exclude_from_decay": list(self.exclude_from_decay)}


@keras.saving.register_keras_serializable(package="kerabert")
class BertAdamW(ExcludesFromDecay, _AdamW):
    """AdamW as BERT is trained: no decay on biases and LayerNorm, gradients clipped.

    The numbers are those of `keras.optimizers.AdamW`. The update itself goes through the fused
    kernels of TensorFlow and PyTorch, as XLA fuses it on JAX: with BERT's large embedding table
    it would otherwise take up to half of a step on a CPU.

    Args:
        learning_rate: float (the peak of a `WarmupLinearDecay` over the `fit` call), or any Keras
            schedule. Default 5e-5.
        weight_decay: float. Default 0.01.
        beta_1: float. Default 0.9.
        beta_2: float. Default 0.999.
        epsilon: float. Default 1e-6.
        global_clipnorm: float or None, the largest norm of all gradients together. Default 1.0.
        exclude_from_decay: parts of the names of variables that are not decayed. Default: biases
            and the gamma and beta of LayerNorm.
        **kwargs: see `keras.optimizers.AdamW`.

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
        super().__init__(
            learning_rate=learning_rate,
            exclude_from_decay=exclude_from_decay,
            weight_decay=weight_decay,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            global_clipnorm=global_clipnorm,
            **kwargs,
        )

    def _apply_weight_decay(self, variables: Any) -> None:
        # On PyTorch Keras (3.15) fails where no variable is decayed at all.
        decayed = [variable for variable in variables if self._use_weight_decay(variable)]
        if decayed:
            super()._apply_weight_decay(decayed)

    # What follows only makes Keras' own steps faster. Were Keras to rename the methods, they
    # would not be called, and its own would give the same numbers.

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        value = getattr(variable, "value", variable)
        if keras.backend.backend() != "tensorflow" or self.amsgrad or not hasattr(value, "handle"):
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, value.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=value.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.cast(self.beta_1, value.dtype) ** step,
            beta2_power=tf.cast(self.beta_2, value.dtype) ** step,
            lr=tf.cast(learning_rate, value.dtype),
            beta1=tf.cast(self.beta_1, value.dtype),
            beta2=tf.cast(self.beta_2, value.dtype),
            epsilon=tf.cast(self.epsilon, value.dtype),
            grad=tf.cast(gradient, value.dtype),
        )

    def _parallel_update_step(self, grads: Any, variables: Any, learning_rate: Any) -> None:
        import torch
        from torch.optim.adamw import adamw

        values = [variable.value.data for variable in variables]
        # PyTorch's fused kernel takes every tensor to lie row by row, and does not look.
        if self.amsgrad or any(
            value.dtype != torch.float32 or not value.is_contiguous() for value in (*values, *grads)
        ):
            super()._parallel_update_step(grads, variables, learning_rate)
            return
        indices = [self._get_variable_index(variable) for variable in variables]
        steps = int(self.iterations)
        # PyTorch adds epsilon after the bias correction of the second moment, Keras before it.
        epsilon = self.epsilon / (1 - self.beta_2 ** (steps + 1)) ** 0.5
        counters = torch.full((len(values),), float(steps), device=values[0].device)
        adamw(
            values,
            list(grads),
            [self._momentums[index].value.data for index in indices],
            [self._velocities[index].value.data for index in indices],
            [],
            list(counters.unbind()),
            fused=True,
            amsgrad=False,
            beta1=self.beta_1,
            beta2=self.beta_2,
            lr=float(learning_rate),
            weight_decay=0.0,  # Keras has applied it
            eps=epsilon,
            maximize=False,
        )

    def _clip_gradients(self, grads: Any) -> Any:
        backend = keras.backend.backend()
        if not self.global_clipnorm or self.clipnorm or backend not in ("tensorflow", "torch"):
            return super()._clip_gradients(grads)
        if backend == "tensorflow":
            import tensorflow as tf

            return tf.clip_by_global_norm(grads, self.global_clipnorm)[0]
        import torch

        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(grads)))
        scale = self.global_clipnorm * torch.clamp(1.0 / norm, max=1.0 / self.global_clipnorm)
        return torch._foreach_mul(grads, scale)


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


def plan_fit(
    optimizer: Any,
    steps: int | None,
    epochs: int,
    initial_epoch: int,
    iterations: int | None = None,
) -> bool:
    """Fit the optimizer's schedule, if it follows `fit`, to a call of so many steps an epoch.

    Args:
        iterations: int, the optimizer's steps at the beginning of `initial_epoch`. Default: those
            it has taken.

    Returns:
        Whether the schedule changed, so that a compiled training step is out of date.

    Raises:
        ValueError: if the schedule follows `fit` and `steps` is None.
    """
    schedule = find_fit_schedule(optimizer)
    if schedule is None:
        return False
    if steps is None:
        raise ValueError(
            "The number of steps must be known to plan the learning rate: give `steps_per_epoch`, "
            "or an optimizer of your own to `compile`. Received: steps_per_epoch=None and a "
            "dataset without a length."
        )
    iterations = int(optimizer.iterations) if iterations is None else iterations
    first_step = iterations - initial_epoch * steps
    return schedule.plan(first_step, max(epochs * steps, 1))
