"""A `fit` call that can begin in the midst of an epoch."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerabert.training.array_batches import ArrayBatches
from kerabert.training.exact_resume import ExactResume


def split_off_resume(callbacks: Any) -> tuple[ExactResume | None, Any]:
    """Return the `ExactResume` among callbacks, or None, and the others.

    Raises:
        ValueError: if there are two of them.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        listed = callbacks.callbacks
    else:
        listed = keras.tree.flatten(callbacks) if callbacks is not None else []
    found = [callback for callback in listed if isinstance(callback, ExactResume)]
    if not found:
        return None, callbacks
    if len(found) > 1 or isinstance(callbacks, keras.callbacks.CallbackList):
        raise ValueError(
            "`callbacks` must be a list with one `ExactResume` at most. "
            f"Received: {type(callbacks).__name__} with {len(found)}"
        )
    return found[0], [callback for callback in listed if callback is not found[0]]


def begin_or_go_on(
    resume: ExactResume,
    others: list[Any],
    given: Any,
    data: tuple[Any, Any, Any, int | None, bool],
    steps: int | None,
) -> tuple[Any, dict[str, Any]]:
    """Return the batches of a run, at the right place, and what `ExactResume.open` says of it.

    Args:
        given: what was given to `fit` as `x`.
        data: (x, y, sample_weight, batch_size, shuffle) as they were made of it.
        steps: int or None, batches of an epoch.

    Raises:
        ValueError: if the place in the data cannot be written down, or an epoch has another
            number of steps than there are batches.
    """
    x, y, sample_weight, batch_size, shuffle = data
    if isinstance(x, dict):
        seed = int(np.random.randint(2**31)) if shuffle else 0
        x = given = ArrayBatches(x, y, sample_weight, batch_size or 32, shuffle, seed)
    stream = x if _has_places(x) else given
    if not _has_places(stream):
        raise ValueError(
            "With `ExactResume`, `x` must be texts, arrays, or a `keras.utils.PyDataset` with "
            "`state_at` and `restore`, so that the place in the data can be written down. "
            f"Received: {type(given).__name__}"
        )
    num_batches = x.num_batches
    if steps != num_batches or steps is None:
        raise ValueError(
            "With `ExactResume`, `steps_per_epoch` must be None or the number of batches, "
            f"{num_batches}. Received: steps_per_epoch={steps}"
        )
    return x, resume.open(stream, others, num_batches)


def _has_places(data: Any) -> bool:
    return hasattr(data, "state_at") and hasattr(data, "restore")


def fit_from_state(
    model: keras.Model,
    keras_fit: Callable[..., Any],
    data: Any,
    resume: ExactResume,
    start: dict[str, Any],
    others: list[Any],
    *,
    epochs: int,
    initial_epoch: int,
    verbose: Any = "auto",
    **kwargs: Any,
) -> keras.callbacks.History:
    """Call Keras' `fit` once, or twice where the first epoch has begun already.

    Args:
        model: the task.
        keras_fit: `keras.Model.fit`, bound to it.
        data: what Keras reads: batches.
        resume: `ExactResume`, opened.
        start: what its `open` returned.
        others: the other callbacks.
        **kwargs: these and the others as in `keras.Model.fit`.
    """
    epoch, step = start.get("epoch", initial_epoch), start.get("step", 0)
    steps = data.num_batches
    history = keras.callbacks.History()
    # The order matters: what the others count in a step or an epoch is saved behind them.
    callbacks = _Callbacks(
        [*others, history, resume],
        add_progbar=verbose != 0,
        model=model,
        verbose=verbose,
        epochs=epochs,
        steps=steps,
    )
    kwargs |= {"callbacks": callbacks, "verbose": verbose, "shuffle": False}
    with resume.interruption:
        try:
            if start:
                # On TensorFlow, Keras makes the metrics in the first step only; now they have
                # to take what was saved.
                model._symbolic_build(data_batch=data[0])
            if start.get("is_finished") and start["epochs"] >= epochs:
                callbacks.on_train_begin()
                resume.restore()
                return history
            if step:
                callbacks.first_batch, callbacks.has_more = step, epoch + 1 < epochs
                keras_fit(
                    data,
                    initial_epoch=epoch,
                    epochs=epoch + 1,
                    steps_per_epoch=steps - step,
                    **kwargs,
                )
                epoch, callbacks.first_batch = epoch + 1, 0
                if not callbacks.has_more or model.stop_training:
                    return history
            callbacks.has_more = False
            keras_fit(data, initial_epoch=epoch, epochs=epochs, **kwargs)
            return history
        finally:
            resume.close()


class _Callbacks(keras.callbacks.CallbackList):
    """Callbacks that take two `fit` calls for one."""

    first_batch = 0  # number of the present epoch's first batch
    has_more = False  # whether another `fit` call follows
    _has_begun = False

    def on_train_begin(self, logs: Any = None) -> None:
        if not self._has_begun:
            self._has_begun = True
            super().on_train_begin(logs)

    def on_train_end(self, logs: Any = None) -> None:
        if not self.has_more or self.model.stop_training:
            super().on_train_end(logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        super().on_epoch_begin(epoch, logs)
        bar: Any = getattr(self._progbar, "progbar", None)
        estimate = getattr(bar, "_estimate_step_duration", None)
        if self.first_batch and estimate is not None:
            # Keras' bar would share the time among all steps of the epoch, those before too.
            first = self.first_batch
            bar._estimate_step_duration = lambda step, now: estimate(max(step - first, 1), now)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        super().on_train_batch_begin(batch + self.first_batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        super().on_train_batch_end(batch + self.first_batch, logs)
