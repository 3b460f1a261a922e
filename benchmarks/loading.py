"""Loading a BERT-base: seconds and memory, kerabert on each backend beside transformers.

    python benchmarks/loading.py

It makes the directory itself: 440 MB of random weights, as transformers writes them, and the same
as a preset of kerabert, whose files are verified (SHA-256) before they are read. Every run is a
process of its own; the runs take turns, in another order each round. Imports are not counted, the
files are in the system's cache, and it needs Linux.

- *load*: seconds until `from_pretrained` or `from_preset` returns. Where weights lie in the pages
  of the file, they are not there yet then.
- *load and run*: seconds until the model has also computed one sentence of 12 tokens, which
  touches all of its weights but the embeddings. kerabert's JAX and TensorFlow compile in it.
- *CPU*: seconds of all threads for the loading, the steadier figure where others use the machine.
- *peak*: the most memory that was resident above what was before loading, over the size of the
  weights; the pages of the file are counted.
- *times*: seconds to load over those of transformers in the same round.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RUNS = [
    ("transformers", "torch", "plain"),
    ("kerabert", "torch", "plain"),
    ("kerabert", "jax", "plain"),
    ("kerabert", "tensorflow", "plain"),
    ("kerabert", "torch", "preset"),
    ("kerabert", "jax", "preset"),
    ("kerabert", "tensorflow", "preset"),
]
IDS = np.array([[101, 1996, 4937, 2938, 2006, 1996, 13523, 1998, 2387, 2009, 1012, 102]], "int32")

Run = tuple[str, str, str]
Figures = dict[str, float]


def make_directories(folder: Path) -> None:
    """Write `plain`, as transformers does, and `preset`, as kerabert does."""
    os.environ["KERAS_BACKEND"] = "torch"
    from transformers import BertConfig, BertModel

    import kerabert

    BertModel(BertConfig()).save_pretrained(folder / "plain")
    kerabert.BertBackbone.from_preset(folder / "plain").save_to_preset(folder / "preset")


def loader(library: str) -> tuple[Callable[[Path], Any], Callable[[Any], Any]]:
    """Import a library; return how it loads a directory, and how it computes a sentence."""
    if library == "transformers":
        import torch
        from transformers import BertModel

        def run(model: Any) -> np.ndarray:
            with torch.no_grad():
                return model(torch.tensor(IDS, dtype=torch.int64)).last_hidden_state.numpy()

        return BertModel.from_pretrained, run
    import kerabert

    inputs = {"token_ids": IDS, "segment_ids": IDS * 0, "padding_mask": IDS > 0}
    return (
        kerabert.BertBackbone.from_preset,
        lambda model: model.predict_on_batch(inputs)["sequence_output"],
    )


def measure(library: str, directory: Path) -> Figures:
    """Load a directory in this process, compute a sentence, and return the figures."""
    load, run = loader(library)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew from what is there
    before = status("VmRSS")
    start, processor = time.perf_counter(), time.process_time()
    model = load(directory)
    loaded, processor = time.perf_counter() - start, time.process_time() - processor
    peak = status("VmHWM") - before
    outputs = run(model)
    return {
        "load": loaded,
        "load and run": time.perf_counter() - start,
        "CPU": processor,
        "peak": peak / weight_bytes(directory),
        "peak of both": (status("VmHWM") - before) / weight_bytes(directory),
        "check": float(np.abs(outputs).mean()),
    }


def status(name: str) -> int:
    """A figure of this process from /proc, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def weight_bytes(directory: Path) -> int:
    return (directory / "model.safetensors").stat().st_size


def measure_in_fresh_process(run: Run, folder: Path) -> Figures:
    library, backend, kind = run
    environment = os.environ | {
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, __file__, "--measure", library, "--folder", str(folder / kind)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(run)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def print_table(folder: Path, repeats: int) -> None:
    figures: dict[Run, list[Figures]] = {run: [] for run in RUNS}
    for run in RUNS:
        measure_in_fresh_process(run, folder)  # the files come into the system's cache
    for i in range(repeats):
        for run in random.Random(i).sample(RUNS, len(RUNS)):
            figures[run].append(measure_in_fresh_process(run, folder))
    size = weight_bytes(folder / "plain") / 1e6
    print(
        f"{size:.0f} MB of weights, {os.cpu_count()} cores, {repeats} rounds: median (least, most)"
    )
    print("\n| | load | times | CPU | load and run | times | peak, load | peak, both |")
    print("|---|---|---|---|---|---|---|---|")
    first = figures[RUNS[0]]
    for (library, backend, kind), rounds in figures.items():
        cells = [
            spread([one["load"] for one in rounds], "s"),
            ratio([one["load"] for one in rounds], [one["load"] for one in first]),
            spread([one["CPU"] for one in rounds], "s"),
            spread([one["load and run"] for one in rounds], "s"),
            ratio([one["load and run"] for one in rounds], [one["load and run"] for one in first]),
            f"{max(one['peak'] for one in rounds):.2f}",
            f"{max(one['peak of both'] for one in rounds):.2f}",
        ]
        print(f"| {library}, {backend}, {kind} | {' | '.join(cells)} |")
    checks = [one["check"] for rounds in figures.values() for one in rounds]
    print(f"\nMean absolute output of all: {min(checks):.6f} to {max(checks):.6f}.")


def spread(values: list[float], unit: str) -> str:
    return f"{statistics.median(values):.3f} {unit} ({min(values):.3f}, {max(values):.3f})"


def ratio(values: list[float], first: list[float]) -> str:
    pairs = [value / other for value, other in zip(values, first, strict=True)]
    return f"{statistics.median(pairs):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where to keep the directories")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.folder)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if not (folder / "preset").exists():
            make_directories(folder)
        print_table(folder, options.repeats)


if __name__ == "__main__":
    main()
