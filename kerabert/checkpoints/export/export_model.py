"""Models for runtimes other than Keras: one way out from every backend."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras

FORMATS = ("tf_saved_model", "onnx", "litert")


def export_model(
    model: keras.Model,
    filepath: str | os.PathLike[str],
    format: str = "tf_saved_model",
    verbose: bool | None = None,
    input_signature: Any = None,
    raw_strings: bool = False,
    **options: Any,
) -> None:
    """Write a model as something that runs without kerabert.

    It takes any batch and any sequence length up to the model's, whatever the backend:

    - "tf_saved_model": a directory for TensorFlow (`tf.saved_model.load`, TensorFlow Serving).
      With `raw_strings=True` it takes strings: see `kerabert.checkpoints.export.raw_strings`.
    - "onnx": a file for onnxruntime and others: see `kerabert.checkpoints.export.onnx_export`. It
      needs the package onnx.
    - "litert": a file for LiteRT, once TensorFlow Lite, on phones and boards. It has none but
      LiteRT's own operations.

    SavedModels and LiteRT files are made by Keras with TensorFlow, which must be installed; under
    another backend a second process does it. Keras' other ways, with their shortcomings on a BERT
    (Keras 3.15: jax2tf refuses an open length, PyTorch fixes it to 1), need `input_signature`.

    Args:
        model: a `BertBackbone` or a task.
        filepath: path of the directory, or of the file; for "litert" it ends in ".tflite".
        format: str, one of those. Default "tf_saved_model".
        verbose: bool, whether Keras says what it wrote. Default: no.
        input_signature: as in `keras.Model.export`. With it, Keras' own export runs as it is, with
            this backend and with any of Keras' formats. Default: none.
        raw_strings: bool, whether a SavedModel takes strings. Default False.
        **options: of Keras' converter. For "litert", `optimizations=["DEFAULT"]` stores weights
            in 8 bits.

    Raises:
        ValueError: if the format cannot hold the model, or an argument is not one of those.
        ImportError: if a package is missing; the message says which.

    Example:

    >>> backbone = kerabert.BertBackbone(100, 8, num_layers=1, num_heads=2, intermediate_dim=16)
    >>> export_model(backbone, "model.onnx", format="onnx")
    """
    if input_signature is not None:
        if raw_strings:
            raise ValueError("`input_signature` must be None with `raw_strings=True`.")
        keras.Model.export(model, os.fspath(filepath), format, verbose, input_signature, **options)
        return
    _check(model, filepath, format, raw_strings, options)
    if format == "onnx":
        from kerabert.checkpoints.export.onnx_export import write_onnx

        write_onnx(model, filepath)
    else:
        from kerabert.checkpoints.export.tensorflow_export import write_with_tensorflow

        write_with_tensorflow(model, filepath, format, bool(verbose), raw_strings, options)


def _check(
    model: keras.Model, filepath: Any, format: str, raw_strings: bool, options: dict[str, Any]
) -> None:
    if format not in FORMATS:
        raise ValueError(
            f"`format` must be one of {FORMATS}; others of Keras fix the batch and the length, and "
            f"need `input_signature`. Received: format={format!r}"
        )
    if getattr(model, "packed", False):
        raise ValueError(
            "A model must take one example a row to be exported: save it with `save_to_preset` and "
            "load that without `packed`. Received: packed=True."
        )
    if format != "tf_saved_model" and getattr(model, "long_documents", None):
        raise ValueError(
            'A model of `long_documents` must be exported with `format="tf_saved_model"`. '
            f"Received: format={format!r}, long_documents={model.long_documents!r}"
        )
    if format != "litert" and options:
        raise ValueError(f'`format="{format}"` must have no options. Received: {sorted(options)}')
    if format == "litert" and Path(filepath).suffix != ".tflite":
        raise ValueError(
            '`filepath` must end in ".tflite" for `format="litert"`. '
            f"Received: {os.fspath(filepath)!r}"
        )
    if format == "litert" and model.dtype_policy.compute_dtype != "float32":
        raise ValueError(
            'A model must compute in float32 for `format="litert"`: load it with '
            f'`dtype="float32"`. Received: dtype={model.dtype_policy.name!r}'
        )
    if raw_strings:
        _check_raw_strings(model, format)
    if format != "onnx":
        _require("tensorflow", f'`format="{format}"`')
    if raw_strings:
        _require("tensorflow_text", "`raw_strings=True`")


def _check_raw_strings(model: Any, format: str) -> None:
    if format != "tf_saved_model":
        raise ValueError(
            'Only `format="tf_saved_model"` can take strings. '
            f"Received: raw_strings=True, format={format!r}"
        )
    if not getattr(model, "takes_strings", False):
        raise ValueError(
            "A model must be a task that predicts from strings for `raw_strings=True`; others "
            f"export the graph behind the tokenizer. Received: a {type(model).__name__}."
        )
    model.require_tokenizer()


def _require(package: str, by: str) -> None:
    if find_spec(package) is None:
        name = package.replace("_", "-")
        raise ImportError(f'{by} needs {name}. Install it with: pip install "kerabert[tensorflow]"')
