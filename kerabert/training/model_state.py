"""What a model in training is made of: its variables, and where each random stream is."""

import random
from typing import Any

import keras
import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
_RANDOM = ("python_random", "numpy_random", "torch_random", "torch_cuda_random")


def read_model_state(model: keras.Model) -> dict[str, Array]:
    """Return copies of all variables of a model in training, and the state of random generators.

    The variables are those of the layers (with the seeds of dropout), the optimizer and the
    metrics. Python's, numpy's and PyTorch's own generators are kept as well: on PyTorch, Keras
    draws dropout masks from the latter.
    """
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()  # in a `fit` on JAX the variables lag behind
    arrays = {
        f"{index:05d}:{variable.path}": np.array(_to_numpy(variable))
        for index, variable in enumerate(_variables(model))
    }
    return arrays | _read_random_states()


def check_model_state(model: keras.Model, arrays: dict[str, Array], source: str) -> None:
    """Raise `ValueError` unless the arrays fit the model's variables.

    Args:
        model: `keras.Model`, built and compiled; its metrics may not have been built.
        arrays: what `read_model_state` returned, in this process or another.
        source: str, where they come from, for errors.
    """
    names = [name for name in arrays if name not in _RANDOM]
    variables = _variables(model)
    if len(variables) != len(names):
        raise ValueError(
            f"{source}: must be the state of this model, optimizer and metrics, with "
            f"{len(variables)} variables. Received: {len(names)} variables."
        )
    for name, variable in zip(names, variables, strict=True):
        array, shape = arrays[name], tuple(variable.shape)
        if array.shape != shape:
            raise ValueError(
                f"{source}: must be the state of this model, in which `{variable.path}` has shape "
                f"{shape}. Received: `{name.partition(':')[2]}` of shape {array.shape}."
            )


def write_model_state(model: keras.Model, arrays: dict[str, Array]) -> None:
    """Put into a model what `read_model_state` took from one."""
    names = [name for name in arrays if name not in _RANDOM]
    for name, variable in zip(names, _variables(model), strict=True):
        variable.assign(arrays[name])
    _write_random_states(arrays)


def _variables(model: keras.Model) -> list[Any]:
    """All variables of a model, each once, in an order that is the same in every process."""
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    metrics = model.metrics_variables
    of_metrics = {id(variable) for variable in metrics}
    layers = [variable for variable in model.variables if id(variable) not in of_metrics]
    found = {id(variable): variable for variable in (*layers, *optimizer.variables, *metrics)}
    return list(found.values())


def _to_numpy(variable: Any) -> Any:
    array = keras.ops.convert_to_numpy(variable)
    # Not a type of numpy's own; float32 holds all its values.
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def _read_random_states() -> dict[str, Array]:
    _, numbers, gauss = random.getstate()
    _, keys, place, has_gauss, cached = np.random.get_state(legacy=True)
    states = {
        "python_random": np.array([*numbers, np.nan if gauss is None else gauss], "float64"),
        "numpy_random": np.array([*keys, place, has_gauss, cached], "float64"),
    }
    return states | read_torch_random()


def read_torch_random() -> dict[str, Array]:
    """Return where PyTorch's generators are; nothing on other backends."""
    if keras.backend.backend() != "torch":
        return {}
    import torch

    states = {"torch_random": torch.get_rng_state().numpy().copy()}
    if torch.cuda.is_available():
        states["torch_cuda_random"] = np.stack(
            [state.numpy() for state in torch.cuda.get_rng_state_all()]
        )
    return states


def write_torch_random(arrays: dict[str, Array]) -> None:
    """Put PyTorch's generators where `read_torch_random` found them."""
    if "torch_random" not in arrays:
        return
    import torch

    torch.set_rng_state(torch.from_numpy(arrays["torch_random"].copy()))
    if "torch_cuda_random" in arrays and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(
            [torch.from_numpy(state.copy()) for state in arrays["torch_cuda_random"]]
        )


def _write_random_states(arrays: dict[str, Array]) -> None:
    *numbers, gauss = arrays["python_random"].tolist()
    random.setstate((3, tuple(map(int, numbers)), None if np.isnan(gauss) else gauss))
    *keys, place, has_gauss, cached = arrays["numpy_random"].tolist()
    np.random.set_state(("MT19937", np.array(keys, "uint32"), int(place), int(has_gauss), cached))
    write_torch_random(arrays)
