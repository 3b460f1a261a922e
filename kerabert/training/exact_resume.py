"""A run that can be stopped at any step and goes on as if it had not been."""

import inspect
import os
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import keras

from kerabert.layers.arguments import check_positive_integers, check_positive_numbers
from kerabert.training.interruption import Interruption
from kerabert.training.model_state import (
    check_model_state,
    read_model_state,
    read_torch_random,
    write_model_state,
    write_torch_random,
)
from kerabert.training.state_files import TrainingState, read_newest_state, write_state


class ExactResume(keras.callbacks.Callback):
    """Saves a run as it goes, and lets the same `fit` call go on where a stopped one was.

    Give it to the `fit` of a kerabert model. Run the same script again after a crash, a power cut
    or Ctrl-C, and `fit` goes on with the very next batch: losses and weights are bit for bit those
    of a run that was never stopped, on the same machine. Saved are the weights, the optimizer, the
    seeds of dropout, the metrics of the present epoch, the place in the data, the history, and the
    numbers that other callbacks count or compare with (not arrays, such as the best weights of
    `EarlyStopping`).

    A state is saved at the end of each epoch, every `every_seconds`, every `every_steps`, and on
    Ctrl-C or SIGTERM, which then end the run. It is copied in memory and written in the
    background; a file is whole or not there, and the last `keep` stay. Where one cannot be written,
    for want of space say, training goes on with a warning; at the end that is an error.

    `fit` with a directory of a finished run puts its weights into the model and trains no more,
    unless `epochs` has grown.

    The data must be texts, arrays, or a `keras.utils.PyDataset` that has `state_at(step)`, a dict
    for JSON that says where it goes on after so many batches of the present pass, and
    `restore(state)`: `TokenBatches` and `PretrainingBatches` do.

    Args:
        directory: path of the run's states, made if it is not there; one run, one directory.
        every_seconds: float, or None for never. Default 600.0.
        every_steps: int, or None for never. Default None.
        keep: int, how many states stay. Default 2.
        verbose: bool, say where a run goes on. Default True.

    Raises:
        ValueError: in `fit`, if the newest state is of another model, backend or data, or no
            state is whole.
        OSError: at the end of `fit`, if the last state cannot be written.

    Example:

    >>> from kerabert import BertBackbone, BertTextClassifier, BertTokenizer
    >>> tokenizer = BertTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad"])
    >>> def train(epochs):
    ...     backbone = BertBackbone(7, 8, num_layers=1, num_heads=1, intermediate_dim=8)
    ...     model = BertTextClassifier(backbone, tokenizer=tokenizer, num_classes=2)
    ...     resume = ExactResume("run", verbose=False)
    ...     return model.fit(["good", "bad"], [1, 0], epochs=epochs, callbacks=[resume], verbose=0)
    >>> first = train(epochs=1)
    >>> train(epochs=2).epoch  # the first epoch was read, the second one run
    [0, 1]

    Source: `keras.callbacks.BackupAndRestore` is the like in Keras. Deliberate difference: that
    loses the seeds, the metrics and the place within an epoch.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        every_seconds: float | None = 600.0,
        every_steps: int | None = None,
        keep: int = 2,
        verbose: bool = True,
    ) -> None:
        super().__init__()
        if every_seconds is not None:
            check_positive_numbers(every_seconds=every_seconds)
        if every_steps is not None:
            check_positive_integers(every_steps=every_steps)
        check_positive_integers(keep=keep)
        self.directory = Path(directory)
        self.every_seconds = every_seconds
        self.every_steps = every_steps
        self.keep = keep
        self.verbose = verbose
        self.interruption = Interruption()
        self._stream: Any = None  # the data; None outside of a `fit` that takes care of this
        self._state: TrainingState | None = None  # what is to be restored
        self._writer: threading.Thread | None = None
        self._error: OSError | None = None

    # What the `fit` of a task asks for.

    def open(self, stream: Any, others: list[Any], steps: int) -> dict[str, Any]:
        """Begin or go on with a run.

        Args:
            stream: the data, with `state_at` and `restore`.
            others: the other callbacks.
            steps: int, batches of an epoch.

        Returns:
            What the state says, for a new run nothing: `epoch` and `step` from which to go on,
            `iterations` of the optimizer at that step, `is_finished` and more.
        """
        self._stream, self._others, self._steps = stream, others, steps
        self._first_step = 0  # of the present pass over the data
        found = read_newest_state(self.directory)
        if found is None:
            return {}
        self._state, path = found
        about = self._state.about
        expected = {
            "backend": keras.backend.backend(),
            "steps": steps,
            "callbacks": [type(other).__name__ for other in others],
        }
        for key, value in expected.items():
            if about[key] != value:
                raise ValueError(
                    f"{path}: `{key}` must be that of the run that goes on, {about[key]!r}. "
                    f"Received: {value!r}. Use another directory for another run."
                )
        self._source = str(path)
        self._first_step = about["step"]
        stream.restore(about["data"])
        if self.verbose:
            done = ", which is finished" if about["is_finished"] else ""
            print(
                f"Going on from {path}: epoch {about['epoch'] + 1}, step {about['step']} of "
                f"{steps}{done}.",
                file=sys.stderr,
            )
        return about

    def restore(self) -> None:
        """Put what was saved into the model, if it is not there yet."""
        if self._state is not None:
            check_model_state(self.model, self._state.arrays, self._source)
            write_model_state(self.model, self._state.arrays)
            if self._state.about["step"] == 0:
                self.model.reset_metrics()
            self._state = None

    def close(self) -> None:
        """Wait until what is being written is written."""
        self._stream = None
        if self._writer is not None:
            self._writer.join()
            self._writer = None

    # What Keras calls.

    def on_train_begin(self, logs: Any = None) -> None:
        if self._stream is None:
            raise ValueError(
                "`ExactResume` must be given to the `fit` of a kerabert model. "
                f"Received: {type(self.model).__name__}"
            )
        self._saved_at = time.monotonic()
        self._random: dict[str, Any] = {}
        self._next_place: Any = None
        self._numbers = [_numbers(other) for other in self._others]  # as they begin
        self._counted: list[dict[str, Any]] = [{} for _ in self._others]  # what has changed
        if self._state is not None:
            self._counted = self._state.about["counted"]
            for other, counted in zip(self._others, self._counted, strict=True):
                vars(other).update(counted)
            self.model.history.history = self._state.about["history"]
            self.model.history.epoch = self._state.about["history_epochs"]

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch
        self._epoch_begins = True
        if self._next_place is None:
            self._next_place = self._stream.state_at(0)
        else:
            self._stream.restore(self._next_place)
            self._first_step = 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if not self._epoch_begins:
            return
        self._epoch_begins = False
        # PyTorch draws random numbers whenever data are read from their beginning: the steps have
        # a stream of their own, so that it does not matter how often that was.
        write_torch_random(self._random)
        self.restore()  # not before: at the beginning of an epoch Keras sets the metrics to zero

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        step = batch + 1
        self._next_place = self._stream.state_at(step - self._first_step)
        self._random = read_torch_random()
        if step == self._steps:  # what belongs to the end of the epoch comes first
            return
        is_due = (self.every_steps is not None and step % self.every_steps == 0) or (
            self.every_seconds is not None
            and time.monotonic() - self._saved_at >= self.every_seconds
        )
        if is_due or self.interruption.is_asked_for:
            self._save(self._epoch, step)
        self._stop_if_asked()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        is_last = self.model.stop_training or epoch + 1 == self.params["epochs"]
        if not is_last:
            self._save(epoch + 1, 0)
            self._stop_if_asked()

    def on_train_end(self, logs: Any = None) -> None:
        self._save(self._epoch + 1, 0, is_finished=True)
        self.close()
        if self._error is not None:
            raise self._error

    def _stop_if_asked(self) -> None:
        if self.interruption.is_asked_for:
            self.close()
            self.interruption.stop()

    def _save(self, epoch: int, step: int, is_finished: bool = False) -> None:
        if self._writer is not None:
            self._writer.join()  # one at a time: this bounds the memory
        for other, begin, counted in zip(self._others, self._numbers, self._counted, strict=True):
            counted |= {
                name: value
                for name, value in _numbers(other).items()
                if name in counted or name not in begin or value != begin[name]
            }
        arrays = read_model_state(self.model) | self._random
        history = self.model.history
        about = {
            "backend": keras.backend.backend(),
            "epoch": epoch,
            "step": step,
            "steps": self._steps,
            "epochs": self.params["epochs"],
            "is_finished": is_finished,
            "iterations": int(self.model.optimizer.iterations),
            "data": self._next_place,
            "history": _as_floats(history.history),
            "history_epochs": list(history.epoch),
            "callbacks": [type(other).__name__ for other in self._others],
            "counted": [dict(counted) for counted in self._counted],
        }
        state = TrainingState(about, arrays)
        self._writer = threading.Thread(
            target=self._write, args=(epoch * self._steps + step, state), daemon=False
        )
        self._writer.start()
        self._saved_at = time.monotonic()

    def _write(self, step: int, state: TrainingState) -> None:
        try:
            write_state(self.directory, step, state, self.keep)
            self._error = None
        except OSError as error:
            self._error = error
            warnings.warn(f"The state of step {step} could not be saved: {error}", stacklevel=1)


def _numbers(callback: Any) -> dict[str, Any]:
    """What a callback counts, and what it compares with; not what it was made with."""
    arguments = inspect.signature(type(callback).__init__).parameters
    return {
        name: value if isinstance(value, bool | int | float) else float(value)
        for name, value in vars(callback).items()
        if name not in arguments
        and (isinstance(value, bool | int | float) or getattr(value, "shape", None) == ())
    }


def _as_floats(history: dict[str, list[Any]]) -> dict[str, list[float]]:
    return {name: [float(value) for value in values] for name, values in history.items()}
