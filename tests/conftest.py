"""What pytest says and does on every backend."""

import os
from pathlib import Path

import keras
import pytest

pytest.register_assert_rewrite("tests.checks")

# What works on strings, files and integers; but for modules that import Keras themselves.
FOLDERS_WITHOUT_KERAS = ("text", "corpora", "datasets")


def pytest_report_header() -> str:
    return f"keras {keras.__version__} on {keras.backend.backend()}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """After another backend, run what a backend has a part in; see `tests/run.py`."""
    if os.environ.get("KERABERT_TESTED_BEFORE"):
        config.hook.pytest_deselected(items=[item for item in items if not _has_backend(item)])
        items[:] = [item for item in items if _has_backend(item)]


def _has_backend(item: pytest.Item) -> bool:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return folder not in FOLDERS_WITHOUT_KERAS or hasattr(getattr(item, "module", None), "keras")
