"""BLEURT-tiny in kerabert and as its own SavedModel: how far the scores differ.

    pip download --no-deps --no-binary :all: bigbench==1.0.0
    python benchmarks/bleurt.py bigbench-1.0.0.tar.gz                  # on each backend: a table
    python benchmarks/bleurt.py bigbench-1.0.0.tar.gz --backends jax   # on these

The checkpoint, Google's BERT-tiny with BLEURT's head, is in that source distribution; or give the
folder bleurt/test_checkpoint itself. kerabert reads it as it is, and scores 64 pairs of sentences,
as strings and as arrays of 512 tokens; TensorFlow runs the SavedModel on the same arrays. Computed
on the CPU in float32, a process for each backend. A figure is the largest absolute difference.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
BACKENDS = ("tensorflow", "jax", "torch")


def main() -> None:
    """Read the command line; print a table, or one backend's figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    installed = [name for name in BACKENDS if importlib.util.find_spec(name) is not None]
    parser.add_argument("source", type=Path, help="bigbench's source distribution, or the folder")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=installed)
    parser.add_argument("--json", action="store_true", help="this process' figures")
    arguments = parser.parse_args()
    sys.path.insert(0, str(REPOSITORY))
    from tests.checkpoints.bleurt import compare, extract

    if arguments.json:
        print(json.dumps(compare(arguments.source)))
        return
    with tempfile.TemporaryDirectory() as directory:
        folder = arguments.source
        if folder.is_file():
            folder = extract(folder, Path(directory))
        print("| backend | pairs | scores | from strings | from arrays |\n|---|---|---|---|---|")
        for backend in arguments.backends:
            figures = run(backend, folder)
            scores = f"{figures['from']:.2f} to {figures['to']:.2f}"
            differences = f"{figures['strings']:.1e} | {figures['arrays']:.1e}"
            print(f"| {backend} | {figures['pairs']} | {scores} | {differences} |", flush=True)


def run(backend: str, folder: Path) -> dict[str, Any]:
    """A backend's figures, computed in a process of its own."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, __file__, str(folder), "--json"]
    done = subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise SystemExit(f"{backend} failed:\n{done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    main()
