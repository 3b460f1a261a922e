"""What pytest says and does on every backend."""

import keras
import pytest

pytest.register_assert_rewrite("tests.checks")


def pytest_report_header() -> str:
    return f"keras {keras.__version__} on {keras.backend.backend()}"
