"""From what people hand to `fit` to what Keras takes: tokenised, packed, checked, split."""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.models.dataset_checks import check_dataset
from kerabert.models.inputs import describe, has_strings, is_dataset, read_texts
from kerabert.text.batches import TokenBatches

if TYPE_CHECKING:
    from kerabert.models.task import BertTask


def prepare(
    task: "BertTask",
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int | None = None,
    shuffle: bool = False,
    epoch: int = 0,
    purpose: str | None = None,
) -> tuple[Any, Any, Any, int | None]:
    """Turn a task's data into the (x, y, sample_weight, batch_size) that `keras.Model.fit` takes.

    Strings become `TokenBatches`, which hold all four; arrays are checked, and so are the batches
    of a dataset as they come.

    Args:
        purpose: str, what `y` is needed for, "train on" or "evaluate"; None where it is not.

    Raises:
        ValueError: if something is not what it must be, with the row.
    """
    if is_dataset(x):
        if y is not None or sample_weight is not None:
            raise ValueError(
                "With a dataset as `x`, `y` and `sample_weight` must be part of it. Received: "
                f"y={type(y).__name__}, sample_weight={type(sample_weight).__name__}."
            )
        if has_strings(x):
            _check_takes_strings(task)
            return tokenize_dataset(task, x), None, None, None
        return check_dataset(x, task.check_inputs, task.backbone.vocabulary_size), None, None, None
    batch_size = 32 if batch_size is None else batch_size
    check_positive_integers(batch_size=batch_size)
    lacks_targets = purpose is not None and y is None and task.encodes_targets
    if isinstance(x, dict):
        task.check_inputs(x)
        if y is not None and task.encodes_targets:  # with a loss of one's own, so are the targets
            y = task.encode_array_targets(y, x)
            _check_weights(sample_weight, y)
    else:
        x = task.make_batches(
            x,
            y,
            sample_weight=sample_weight,
            batch_size=batch_size,
            shuffle=shuffle,
            epoch=epoch,
        )
        y = sample_weight = batch_size = None
    if lacks_targets:
        raise ValueError(f"`y` must be given to {purpose} texts or arrays. Received: y=None.")
    return x, y, sample_weight, batch_size


def prepare_validation(
    task: "BertTask", validation_data: Any, batch_size: int | None
) -> dict[str, Any]:
    """Return the arguments of `keras.Model.fit` for what was given as `validation_data`.

    Raises:
        ValueError: if something is not what it must be, with the row.
    """
    if validation_data is None:
        return {"validation_data": None, "validation_batch_size": batch_size}
    *data, batch_size = prepare(task, *unpack(validation_data), batch_size)
    return {
        "validation_data": data[0] if is_dataset(data[0]) else tuple(data),
        "validation_batch_size": batch_size,
    }


def text_batches(
    task: "BertTask",
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int = 32,
    shuffle: bool = False,
    epoch: int = 0,
    kind: type[TokenBatches] = TokenBatches,
) -> TokenBatches:
    """Return batches of texts or pairs, tokenised, with a target and a weight a row.

    Args:
        kind: the class of the batches; another one than `TokenBatches` takes strings by itself.

    Raises:
        ValueError: if something is not what it must be, with the row.
    """
    if kind is TokenBatches:
        _check_takes_strings(task)
    first, second = read_texts(x)
    if second is not None and task.backbone.num_segments < 2:
        raise ValueError(
            "The backbone must have two segments to take pairs. "
            f"Received: num_segments={task.backbone.num_segments}."
        )
    if y is not None and task.encodes_targets:
        y = task.encode_targets(y, len(first))
    return kind(
        *task.tokenize_texts(first, second),
        packer=task.packer,
        y=y,
        sample_weight=sample_weight,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=draw_seed() if shuffle else 0,
        num_buckets=count_buckets(len(first), batch_size, shuffle),
        epoch=epoch,
    )


def draw_seed() -> int:
    """Return a seed that follows from `keras.utils.set_random_seed`."""
    return int(np.random.randint(2**31))


def count_buckets(num_rows: int, batch_size: int, shuffle: bool) -> int:
    """Return how many lengths to pad to: XLA compiles a program for each, which has to pay.

    Compiling a program to predict takes a fraction of one to train, and it is used again. Without
    `shuffle`, which rows a batch has does not depend on the number; with it, the batches shall be
    the same on every backend.
    """
    if shuffle:
        return min(8, 1 + num_rows // batch_size // 16)
    return min(8, 1 + num_rows // batch_size // 4) if _compiles_each_shape() else 64


def _compiles_each_shape() -> bool:
    """PyTorch compiles nothing, nor does Keras have TensorFlow compile for a CPU."""
    backend = keras.backend.backend()
    return backend == "jax" or (
        backend == "tensorflow"
        and bool(keras.distribution.list_devices("gpu") or keras.distribution.list_devices("tpu"))
    )


def _check_weights(sample_weight: Any, y: Any) -> None:
    """Raise `ValueError` unless there is a weight for each row, or for each target."""
    for name, targets in y.items() if isinstance(y, dict) else [("", y)]:
        weights = sample_weight.get(name) if isinstance(sample_weight, dict) else sample_weight
        if weights is not None and np.shape(weights) not in (targets.shape[:1], targets.shape):
            raise ValueError(
                f"`sample_weight` must have the shape of the targets, {targets.shape}, or of the "
                f"rows. Received: {np.shape(weights)}{f' for {name}' if name else ''}."
            )


def _check_takes_strings(task: "BertTask") -> None:
    if not task.takes_strings:
        raise ValueError(
            f"A {type(task).__name__} must be given a dict of arrays {sorted(task.input)}, or a "
            "dataset of them. Received: strings."
        )


def tokenize_dataset(task: "BertTask", x: Any) -> Any:
    """Return a `tf.data.Dataset` of inputs for one of batches of strings.

    Its elements are `texts`, `(texts, y)` or `(texts, y, sample_weight)`; pairs are
    `((first, second), y)`. On JAX, where each shape is compiled, rows are padded to the task's
    `sequence_length`, elsewhere to the longest of the batch.

    Raises:
        ValueError: if `y` or `sample_weight` are strings.
    """
    from kerabert.text.tf_tokenizer import TFBertTokenizer

    tokenizer = TFBertTokenizer(task.require_tokenizer())
    pad_to = "sequence_length" if keras.backend.backend() == "jax" else "longest"
    if not isinstance(x.element_spec, tuple):
        return x.map(lambda texts: task.pack_strings(tokenizer, texts, pad_to))
    if any(spec.dtype == "string" for spec in keras.tree.flatten(x.element_spec[1:])):
        raise ValueError(
            "The elements of a dataset of strings must be `texts`, `(texts, y)` or `(texts, y, "
            "sample_weight)` with numbers in `y` and `sample_weight`; several texts a row are "
            f"`((first, second), y)` or `((first, second),)`. Received: {x.element_spec}"
        )
    return x.map(lambda texts, *rest: (task.pack_strings(tokenizer, texts, pad_to), *rest))


def unpack(validation_data: Any) -> tuple[Any, Any, Any]:
    """Return (x, y, sample_weight) of what was given as `validation_data`."""
    if is_dataset(validation_data):
        return validation_data, None, None
    if not isinstance(validation_data, tuple) or len(validation_data) not in (2, 3):
        raise ValueError(
            "`validation_data` must be a dataset, (x, y) or (x, y, sample_weight). "
            f"Received: a {type(validation_data).__name__}"
        )
    x, y, weight = (*validation_data, None)[:3]
    return x, y, weight


def count_rows(x: Any) -> int:
    """Return how many rows texts or arrays have."""
    if isinstance(x, dict):
        return int(x["token_ids"].shape[0])
    return len(x[0]) if isinstance(x, tuple) else len(x)


def count_steps(x: Any, batch_size: int | None) -> int | None:
    """Return how many batches make an epoch, or None where that cannot be known."""
    if isinstance(x, dict):
        return -(-count_rows(x) // (batch_size or 32))
    if isinstance(x, keras.utils.PyDataset):
        return x.num_batches
    try:
        steps = len(x)
    except TypeError:
        return None
    return steps


def split_validation(x: Any, y: Any, sample_weight: Any, share: float) -> tuple[Any, Any]:
    """Split off the last `share` of the rows, as Keras does, for texts and arrays alike.

    Returns:
        ((x, y, sample_weight) to train on, the same to validate on).
    """
    if is_dataset(x) or not 0 < share < 1:
        raise ValueError(
            "`validation_split` must lie in (0, 1), and `x` must not be a dataset. "
            f"Received: validation_split={share}, x={describe(x)}"
        )
    if not isinstance(x, dict):
        first, second = read_texts(x)
        x = first if second is None else (first, second)
    rows = count_rows(x)
    cut = int(rows * (1 - share))
    if not 0 < cut < rows:
        raise ValueError(
            "Both parts of a `validation_split` must have a row. "
            f"Received: validation_split={share}, {rows} rows."
        )

    def part(values: Any, rows: slice) -> Any:
        if isinstance(values, dict):
            return {name: array[rows] for name, array in values.items()}
        if isinstance(values, tuple):
            return tuple(texts[rows] for texts in values)
        return None if values is None else values[rows]

    data = (x, y, sample_weight)
    head, tail = slice(None, cut), slice(cut, None)
    return tuple(part(v, head) for v in data), tuple(part(v, tail) for v in data)
