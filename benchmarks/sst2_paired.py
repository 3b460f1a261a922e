"""SST-2 in pairs: transformers and kerabert on each backend, with nothing left to chance.

Two figures of single runs differ by chance: the order of the batches, the first weights of the head
and dropout, and 872 sentences have a standard error of 1.1 points. A paired run takes the chance
away: the same batches in the same order (kerabert's, of like length), the same first weights of the
head, dropout 0, epsilon where Keras' AdamW has it. What is left is the order of floating-point
sums.

    python benchmarks/sst2_peers.py --library transformers --paired --output transformers.json
    python benchmarks/sst2.py --backend jax --paired --output jax.json       # and the others
    python benchmarks/sst2_paired.py transformers.json jax.json              # the table

The table compares each file with the first one. `p` is of McNemar's exact test: how likely it is
that as uneven a split among the sentences that only one of the two gets right is chance.
"""

import argparse
import json
from math import comb
from pathlib import Path

import numpy as np
from sst2_recipe import REPOSITORY, read_sst2


def compare(first: np.ndarray, other: np.ndarray, labels: np.ndarray) -> tuple[float, float, float]:
    """Points of accuracy that `other` is above `first`, the share of equal predictions, and p."""
    gained = int(((other == labels) & (first != labels)).sum())
    lost = int(((other != labels) & (first == labels)).sum())
    split = gained + lost
    tail = sum(comb(split, i) for i in range(min(gained, lost) + 1)) / 2**split
    return 100 * (gained - lost) / len(labels), float((first == other).mean()), min(1.0, 2 * tail)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, help="figures of full runs, JSON")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    options = parser.parse_args()
    labels = read_sst2(options.data, "dev")[1]
    figures = [json.loads(file.read_text(encoding="utf-8")) for file in options.files]
    predictions = [np.array(figure["dev_predictions"]) for figure in figures]
    print("| | mean loss | dev accuracy | points above the first | equal predictions | p |")
    print("|---|---|---|---|---|---|")
    for file, figure, predicted in zip(options.files, figures, predictions, strict=True):
        points, equal, p = compare(predictions[0], predicted, labels)
        accuracy = 100 * float((predicted == labels).mean())
        print(
            f"| {file.stem} | {figure['mean_loss']:.5f} | {accuracy:.2f} % | {points:+.2f} "
            f"| {100 * equal:.2f} % | {p:.2f} |"
        )


if __name__ == "__main__":
    main()
