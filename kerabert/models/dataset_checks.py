"""Checks of the batches that a dataset yields, whatever kind of dataset it is."""

import functools
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

import keras
import numpy as np

from kerabert.layers.ids import check_ids
from kerabert.models.inputs import describe, is_grain
from kerabert.text.batches import TokenBatches

Check = Callable[[dict[str, Any]], None]  # raises `ValueError` for inputs that are refused
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def check_dataset(x: Any, check: Check, vocabulary_size: int) -> Any:
    """Return a dataset of the same batches, each of which is checked when it comes.

    Its length, order, shuffling and epochs are those of `x`. Checked are `TokenBatches` (at once),
    `keras.utils.PyDataset`, generators, `tf.data.Dataset`, `torch.utils.data.DataLoader` and
    grain's datasets and loaders, always in this process, not in a loader's workers. A dataset that
    `tf.distribute` has distributed already cannot be checked: Keras gets it as it is.

    Args:
        x: the dataset. It yields a dict of arrays, or a tuple `(x, y, ...)` that begins with one.
        check: function of a dict of numpy arrays that raises `ValueError` for what it refuses.
        vocabulary_size: int, the number of token ids.

    Raises:
        ValueError: if it can be seen without a batch that batches will be refused.

    Example:

    >>> import numpy as np
    >>> batches = iter([{"token_ids": np.array([[2, 99]])}])
    >>> checked = check_dataset(batches, lambda x: check_ids("token_ids", x["token_ids"], 8), 8)
    >>> next(checked)
    Traceback (most recent call last):
    ValueError: `token_ids` must lie in 0..7. Received: token_ids from 2 to 99.
    """
    if isinstance(x, TokenBatches):
        check_ids("token_ids", x.token_id_range, vocabulary_size)
        check(x[0][0])  # that they are the inputs that the task takes
        return x
    check_batch = _BatchCheck(check)
    if isinstance(x, keras.utils.PyDataset):
        return CheckedBatches(x, check_batch)
    if hasattr(x, "element_spec"):
        return _check_tf_data(x, check_batch) if hasattr(x, "map") else x
    if is_grain(x):
        return _check_grain(x, check_batch)
    if hasattr(x, "batch_sampler"):
        return _check_data_loader(x, check_batch)
    return (check_batch(batch) for batch in x)


class _Watch:
    """What became of the batches of the datasets that one call of `fit` and the like reads."""

    def __init__(self) -> None:
        self.refusals: list[ValueError] = []
        self.num_batches = 0
        self.tf_datasets: list[Any] = []

    def find_refusal(self, error: Exception) -> ValueError | None:
        """Return the refusal that an error came of, if it did."""
        if not self.num_batches:
            # TensorFlow compiles a step before it takes a batch. If that failed, a look at the
            # first batch tells whether the batches are to blame.
            for dataset in self.tf_datasets:
                try:
                    next(iter(dataset), None)
                except Exception as first_error:
                    error = first_error
        for refusal in self.refusals:
            if refusal is error or str(refusal) in str(error):
                return refusal
        return None


_watch: ContextVar[_Watch | None] = ContextVar("_watch", default=None)


def raises_refusals(method: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Let the `ValueError` of a refused batch come out of a model's method that gives Keras data.

    TensorFlow makes an error of its own, with a long trace, of what is raised within its input
    pipeline.
    """

    @functools.wraps(method)
    def call(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        watch = _Watch()
        token = _watch.set(watch)
        try:
            return method(*args, **kwargs)
        except Exception as error:
            refusal = watch.find_refusal(error)
            if refusal is None:
                raise
            if keras.backend.backend() == "jax":
                # Between steps the weights are in a state beside the model, and Keras (3.15) puts
                # them back after an error in `fit` only.
                args[0].jax_state_sync()  # type: ignore[attr-defined]
            if refusal is error:
                raise
            raise refusal from None
        finally:
            _watch.reset(token)

    return call


class _BatchCheck:
    """Checks the inputs of a batch, returns the batch, and notes refusals."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.watch = _watch.get() or _Watch()

    def __call__(self, batch: Any) -> Any:
        self.watch.num_batches += 1
        x = batch[0] if isinstance(batch, tuple | list) and batch else batch
        try:
            if not isinstance(x, dict):
                raise _not_a_dict(describe(x))
            self.check({name: _as_numpy(values) for name, values in x.items()})
        except ValueError as refusal:
            self.watch.refusals.append(refusal)
            raise
        return batch


def _not_a_dict(received: str) -> ValueError:
    return ValueError(
        "A dataset must yield a dict of arrays (token_ids, segment_ids, padding_mask), or a tuple "
        f"(x, y, ...) that begins with one. Received: {received}"
    )


def _as_numpy(values: Any) -> Any:
    return np.asarray(values.cpu() if hasattr(values, "cpu") else values)  # PyTorch on a GPU


class CheckedBatches(keras.utils.PyDataset):
    """A `PyDataset` whose batches are checked as they come.

    Args:
        batches: `keras.utils.PyDataset`.
        check: function of a batch that returns it, or raises `ValueError`.
    """

    def __init__(self, batches: Any, check: Callable[[Any], Any]) -> None:
        super().__init__(
            workers=batches.workers,
            use_multiprocessing=batches.use_multiprocessing,
            max_queue_size=batches.max_queue_size,
        )
        self.batches = batches
        self.check = check

    @property
    def num_batches(self) -> int | None:
        return self.batches.num_batches

    def __getitem__(self, index: int) -> Any:
        return self.check(self.batches[index])

    def on_epoch_begin(self) -> None:
        self.batches.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self.batches.on_epoch_end()


def _check_tf_data(dataset: Any, check: _BatchCheck) -> Any:
    import tensorflow as tf

    spec = dataset.element_spec
    x = spec[0] if isinstance(spec, tuple) else spec
    if not isinstance(x, dict):
        raise _not_a_dict(str(x))
    names = sorted(x)
    sparse = [name for name in names if not isinstance(x[name], tf.TensorSpec)]
    if sparse:
        raise ValueError(f"Inputs must be dense tensors. Received: {sparse[0]} {x[sparse[0]]}")

    def check_values(*values: Any) -> list[Any]:
        check(dict(zip(names, values, strict=True)))
        return []

    @tf.autograph.experimental.do_not_convert
    def checked(*element: Any) -> Any:
        tf.numpy_function(check_values, [element[0][name] for name in names], [])
        return element if isinstance(spec, tuple) else element[0]

    result = dataset.map(checked)
    check.watch.tf_datasets.append(result)
    return result


def _check_data_loader(loader: Any, check: _BatchCheck) -> Any:
    from torch.utils.data import DataLoader

    class CheckedLoader(DataLoader[Any]):
        def __init__(self) -> None:
            # Without `super().__init__()`: it is the loader in all but iteration.
            self.__dict__.update(vars(loader))

        def __len__(self) -> int:
            return len(loader)

        def __iter__(self) -> Iterator[Any]:
            for batch in loader:
                check(batch)
                # Of a dict alone, Keras (3.15) would take the keys.
                yield (batch,) if isinstance(batch, dict) else batch

    return CheckedLoader()


def _check_grain(dataset: Any, check: _BatchCheck) -> Any:
    import grain

    if hasattr(dataset, "map"):
        return dataset.map(check)

    # A `grain.DataLoader` would run one more operation in its worker processes.
    class LoaderIterator(grain.DatasetIterator[Any]):
        def __init__(self) -> None:
            super().__init__()
            self.batches = iter(dataset)

        def __next__(self) -> Any:
            return check(next(self.batches))

        def get_state(self) -> Any:
            return self.batches.get_state()

        def set_state(self, state: Any) -> None:
            self.batches.set_state(state)

    class CheckedLoader(grain.IterDataset[Any]):
        def __iter__(self) -> Any:
            return LoaderIterator()

    return CheckedLoader()
