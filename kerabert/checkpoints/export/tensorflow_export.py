"""SavedModels and LiteRT files, made with TensorFlow under every backend."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import keras

_CHILD = "from kerabert.checkpoints.export.tensorflow_export import main; main()"


def write_with_tensorflow(
    model: keras.Model,
    filepath: str | os.PathLike[str],
    format: str,
    verbose: bool = False,
    raw_strings: bool = False,
    options: dict[str, Any] | None = None,
) -> None:
    """Write a model as a SavedModel or a LiteRT file; see `export_model`.

    Keras chooses its backend once a process. Under another one than TensorFlow, the model goes to
    a second process, on the CPU, as a `.keras` file.

    Raises:
        ValueError: if the model or an option cannot go there, or LiteRT lacks an operation.
        RuntimeError: if the second process fails otherwise.
    """
    options = options or {}
    filepath = str(Path(filepath).resolve())
    Path(filepath).parent.mkdir(parents=True, exist_ok=True)
    if keras.backend.backend() == "tensorflow":
        _write(model, filepath, format, verbose, raw_strings, options)
        return
    module = type(model).__module__
    if module == "__main__":
        raise ValueError(
            "A class of your own must be in a module that can be imported, for another process "
            f"exports it with TensorFlow. Received: __main__.{type(model).__name__}."
        )
    try:
        text = json.dumps([filepath, format, verbose, raw_strings, options, module])
    except TypeError as error:
        raise ValueError(
            "Options must be text, numbers or lists of them, except on the TensorFlow backend. "
            f"Received: {options}"
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "model.keras"))
        Path(folder, "request.json").write_text(text, encoding="utf-8")
        said = _run_child(folder)
    if verbose:
        print(said, end="")


def _run_child(folder: str) -> str:
    places = [place or str(Path.cwd()) for place in sys.path]
    environment = os.environ | {
        "KERAS_BACKEND": "tensorflow",
        "CUDA_VISIBLE_DEVICES": "-1",  # this process may hold all of the GPU's memory
        "PYTHONPATH": os.pathsep.join(places),
    }
    result = subprocess.run(
        [sys.executable, "-c", _CHILD, folder],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    refusal = Path(folder, "refusal.txt")
    if refusal.exists():
        raise ValueError(refusal.read_text(encoding="utf-8"))
    if result.returncode:
        raise RuntimeError(
            f"The process that exports with TensorFlow failed: {result.stderr[-2000:]}"
        )
    return result.stdout


def main() -> None:
    """What the second process does."""
    folder = Path(sys.argv[1])
    *arguments, module = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    importlib.import_module("kerabert")
    importlib.import_module(module)  # registers a class of the user's
    model = keras.saving.load_model(folder / "model.keras", compile=False)
    try:
        _write(model, *arguments)
    except ValueError as error:
        (folder / "refusal.txt").write_text(str(error), encoding="utf-8")
        raise


def _write(
    model: Any,
    filepath: str,
    format: str,
    verbose: bool,
    raw_strings: bool,
    options: dict[str, Any],
) -> None:
    if raw_strings:
        from kerabert.checkpoints.export.raw_strings import write_raw_strings

        write_raw_strings(model, filepath, verbose)
    elif format == "litert":
        _write_litert(model, filepath, verbose, options)
    else:
        # Not `keras.Model.export`: it tracks the model besides the variables that the function
        # uses, and so stores every weight twice (Keras 3.15).
        archive = keras.export.ExportArchive()
        archive.add_endpoint("serve", model.__call__, [dict(model.input)])
        archive.write_out(filepath, verbose=verbose)


def _write_litert(model: Any, filepath: str, verbose: bool, options: dict[str, Any]) -> None:
    import tensorflow as tf

    # Keras lets the converter take TensorFlow's operations, which most devices do not have.
    options = {"target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}} | options
    options["optimizations"] = [
        tf.lite.Optimize[kind] if isinstance(kind, str) else kind
        for kind in options.get("optimizations", [])
    ]
    try:
        keras.Model.export(model, filepath, "litert", verbose, **options)
    except Exception as error:
        raise ValueError(
            "LiteRT must have all operations of the model. "
            'With `format="tf_saved_model"` or "onnx" it can be exported. '
            f"Received: {str(error).splitlines()[0][:500]}"
        ) from error
