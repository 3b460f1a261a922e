"""What every layer, task and preset must pass, and where the tests find real data."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = Path(
    os.environ.get("KERABERT_TEST_DATA", REPOSITORY.parent / "shared" / "data")
)
needs_shared_data = pytest.mark.skipif(
    not SHARED_DATA.is_dir(), reason=f"the test data folder is missing: {SHARED_DATA}"
)
