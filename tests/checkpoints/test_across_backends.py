"""What one backend saves, every other loads: the same bytes, the same numbers."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.checkpoints.across_backends import CASES
from tests.checks import REPOSITORY

BACKENDS = [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)]


def run(backend, action, folder):
    command = [sys.executable, "-m", "tests.checkpoints.across_backends", action, str(folder)]
    environment = os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_every_pair_of_backends(tmp_path):
    if len(BACKENDS) < 2:
        pytest.skip("needs two backends")
    for saver in BACKENDS:
        (tmp_path / saver).mkdir()
        run(saver, "save", tmp_path / saver)
    for loader in BACKENDS:
        for saver in BACKENDS:
            printed = run(loader, "load", tmp_path / saver)
            print(f"\nsaved on {saver}, loaded:\n{printed}", end="")
            assert len(printed.splitlines()) == sum(map(len, CASES.values()))
