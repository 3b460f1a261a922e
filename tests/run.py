"""Run the tests once for each backend.

    python tests/run.py                                   on each backend that is installed
    python tests/run.py --backends jax torch              on these
    python tests/run.py -k packer -x                      with any arguments of pytest

Keras chooses its backend when it is imported, so each backend has processes of its own: as many as
there are cores, each with whole files of tests (`-n 0`: one, to look into a failure). What no
backend has a part in, such as tokenising, runs with the first one alone.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
BACKENDS = ("tensorflow", "jax", "torch")
# Fixtures belong to files, so a file's tests stay together.
SHARED = ("-n", "auto", "--dist", "loadfile")
NO_TESTS = int(pytest.ExitCode.NO_TESTS_COLLECTED)
# Tests are small: they run on the CPU, where threads only wait for each other, and without the
# chatter of TensorFlow's start.
QUIET = {
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    # JAX compiles the same small programs again and again: each once for a whole run.
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def run_backend(backend: str, arguments: Sequence[str], is_first: bool) -> int:
    """Run pytest on one backend and return its exit code."""
    command = [sys.executable, "-m", "pytest", *SHARED, *arguments]
    with tempfile.TemporaryDirectory() as cache:
        environment = QUIET | {"JAX_COMPILATION_CACHE_DIR": cache}
        environment |= os.environ | {"KERAS_BACKEND": backend}
        if not is_first:
            environment["KERABERT_TESTED_BEFORE"] = "1"
        code = subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode
    if code == NO_TESTS and not is_first:
        return 0  # all of those that were asked for ran with the first one
    return code if code >= 0 else 128 - code  # a process that a signal ended, as shells count it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests and return the worst exit code."""
    parser = argparse.ArgumentParser(description="Run the tests once for each backend.")
    parser.add_argument(
        "--backends",
        nargs="+",
        choices=BACKENDS,
        help="the backends to run on, all of which must be installed; default: the installed ones",
    )
    options, pytest_arguments = parser.parse_known_args(arguments)
    missing = [name for name in BACKENDS if importlib.util.find_spec(name) is None]
    wanted = options.backends or [name for name in BACKENDS if name not in missing]
    results = []
    for backend in wanted:
        _announce(f"Testing on {backend}")
        begin = time.monotonic()
        # One that was named but is missing fails; that must not look like a pass.
        code = 1 if backend in missing else run_backend(backend, pytest_arguments, not results)
        results.append((backend, code, time.monotonic() - begin))
    _announce("Result")
    for backend, code, seconds in results:
        print(f"{backend}: {'passed' if code == 0 else f'FAILED ({code})'} in {seconds:.0f} s")
    for backend in missing:
        print(f"{backend}: NOT TESTED, it is not installed: pip install -e '.[{backend}]'")
    # Without a backend nothing was tested.
    return max((code for _, code, _ in results), default=1)


def _announce(text: str) -> None:
    print(f"\n=== {text} ".ljust(80, "="), flush=True)


if __name__ == "__main__":
    sys.exit(main())
