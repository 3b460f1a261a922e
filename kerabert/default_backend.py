"""Which backend Keras takes where nobody has chosen one: an installed one."""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path


def choose_backend() -> None:
    """Set `KERAS_BACKEND` where Keras would otherwise fail for want of TensorFlow.

    Keras' default is TensorFlow, whether it is installed or not. Where `KERAS_BACKEND` or Keras'
    own configuration file names another backend, Keras is imported already, or TensorFlow is
    there, nothing is changed; else JAX is taken, or PyTorch.
    """
    if "KERAS_BACKEND" in os.environ or "keras" in sys.modules or find_spec("tensorflow"):
        return
    folder = os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser()
    try:
        chosen = json.loads(Path(folder, "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        chosen = None
    # Keras writes "tensorflow" into that file by itself: it says nothing.
    if chosen in (None, "tensorflow"):
        installed = [name for name in ("jax", "torch") if find_spec(name)]
        if installed:
            os.environ["KERAS_BACKEND"] = installed[0]


choose_backend()
