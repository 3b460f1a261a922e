"""All tasks from a preset, with kerabert and with the peer's recipe, in one table.

    python benchmarks/tasks.py --folder build/tasks --backend tensorflow
    python benchmarks/tasks.py --folder build/tasks --library transformers
    python benchmarks/tasks.py --folder build/tasks --preset kerabert_mini_en_uncased
    python benchmarks/tasks.py --folder build/tasks --preset random
    python benchmarks/tasks.py --folder build/tasks --table

Each run is a process of its own and leaves a JSON file in the folder; one that is there is not run
again, so that a long series can be stopped. The preset `random` is the small one that ships,
without what it learned. MRPC, STS-B and WNUT-17 have three seeds, the others one. What each trains
on stands in the files of the tasks. `f1_greedy` takes the best tag of each word, `f1` the best
sequence of tags that is one, which only kerabert does.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from sst2_recipe import REPOSITORY

# Script, data set, name, figures, seeds.
TASKS = [
    ("classification", "sst2", "SST-2", ("accuracy",), 1),
    ("classification", "mrpc", "MRPC", ("accuracy", "f1"), 3),
    ("classification", "rte", "RTE", ("accuracy",), 1),
    ("classification", "qqp", "QQP", ("accuracy", "f1"), 1),
    ("classification", "stsb", "STS-B", ("pearson", "spearman"), 3),
    ("entities", "wnut17", "WNUT-17", ("f1_greedy", "f1"), 3),
    ("entities", "ncbi", "NCBI disease", ("f1_greedy", "f1"), 1),
    ("entities", "bc5cdr", "BC5CDR", ("f1_greedy", "f1"), 1),
    ("entities", "resume_zh", "Resume (zh)", ("f1_greedy", "f1"), 1),
    ("question_answering", "v1", "SQuAD 1.1", ("exact_match", "f1"), 1),
    ("question_answering", "v2", "SQuAD 2.0", ("exact_match", "f1", "best_f1"), 1),
    ("multiple_choice", "comve", "ComVE", ("accuracy",), 1),
    ("classification", "chnsenticorp", "ChnSentiCorp (zh)", ("accuracy",), 1),
    ("classification", "mts_dialog", "MTS-Dialog", ("accuracy", "macro_f1"), 1),
]


def run(options: argparse.Namespace, script: str, data_set: str, seed: int) -> None:
    """Run one task, unless its file is there."""
    library = options.library if options.library != "kerabert" else options.backend
    name = f"{Path(options.preset).name}-{data_set}-{library}-{seed}.json"
    output = options.folder / name
    if output.exists():
        return
    print(f"--- {name}", flush=True)
    command = [sys.executable, str(REPOSITORY / "benchmarks" / f"{script}.py")]
    command += ["--data-set", data_set, "--preset", options.preset, "--seed", str(seed)]
    command += ["--library", options.library, "--backend", options.backend]
    command += ["--output", str(output), "--data", str(options.data)]
    if options.learning_rate is not None:
        command += ["--learning-rate", str(options.learning_rate)]
    if code := subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
        print(f"{name} FAILED ({code})", flush=True)


def print_table(folder: Path) -> None:
    """A row for each task and preset, a column for each library and backend."""
    found: dict[str, dict[str, dict[str, list[dict]]]] = {}  # preset, data set, column
    for path in sorted(folder.glob("*.json")):
        figures = json.loads(path.read_text(encoding="utf-8"))
        kind = figures.get("backend") or figures["library"]
        of_preset = found.setdefault(figures["preset"], {})
        of_preset.setdefault(figures["data_set"], {}).setdefault(kind, []).append(figures)
    all_columns = ["transformers", "tensorflow", "jax", "torch"]
    for preset in sorted(found, key=lambda name: (name == "random", name != "minilm", name)):
        ran = set().union(*found[preset].values())
        columns = [column for column in all_columns if column in ran]
        print(f"\n| from {preset} | " + " | ".join(columns) + " |")
        print("|---" * (1 + len(columns)) + "|")
        for _, data_set, name, keys, _ in TASKS:
            runs = found[preset].get(data_set)
            if runs is None:
                continue
            cells = []
            for column in columns:
                parts = []
                for key in keys if column in runs else ():
                    values = [float(found[key]) for found in runs[column] if key in found]
                    if not values:
                        parts.append("-")
                        continue
                    spread = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
                    parts.append(f"{np.mean(values):.1f}{spread}")
                cells.append(" / ".join(parts))
            print(f"| {name}: {', '.join(keys).replace('_', ' ')} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="where the figures are kept")
    parser.add_argument("--preset", default="minilm")
    parser.add_argument("--library", choices=["kerabert", "transformers"], default="kerabert")
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"], default="tensorflow")
    parser.add_argument("--only", nargs="+", help="data sets; default: all")
    parser.add_argument("--seeds", type=int, help="at most so many")
    parser.add_argument("--learning-rate", type=float, help="default: each task's")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--table", action="store_true", help="run nothing, print what is there")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if not options.table:
        for script, data_set, _, _, seeds in TASKS:
            if options.only and data_set not in options.only:
                continue
            for seed in range(min(seeds, options.seeds or seeds)):
                run(options, script, data_set, seed)
    print_table(options.folder)


if __name__ == "__main__":
    main()
