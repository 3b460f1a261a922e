"""What the small preset knows when labels are few: SST-2 beside the same model with random weights.

    python benchmarks/few_labels.py --backend torch --folder build/few_labels --phrases 500 2000

So many phrases of eight words or more from SST-2's training file, others for each seed; kerabert's
defaults (dropout 0.1, warm-up, linear decay), ten epochs in batches of 32. Both starts have the
same four peak rates; the one with the best mean on dev is reported, with what it gives on test:
mean and deviation over the seeds. Random weights have the deviation 0.06 that the preset began
with. Each run leaves a JSON file in the folder; one that is there is not run again.
"""

import argparse
import itertools
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from peer_recipe import SMALL, forget
from sst2_peers import run_in_fresh_process
from sst2_recipe import BATCH_SIZE, REPOSITORY, Figures, read_sst2

STARTS = ("preset", "random")
RATES = (1.5e-4, 3e-4, 5e-4, 1e-3)
EPOCHS = 10
FEWEST_WORDS = 8


def train(data: Path, num_phrases: int, start: str, rate: float, seed: int) -> Figures:
    """Accuracies on dev and test, in %, of one run."""
    import keras

    import kerabert

    texts, labels = read_sst2(data, "train")
    long_enough = [i for i, text in enumerate(texts) if len(text.split()) >= FEWEST_WORDS]
    rows = np.random.default_rng(seed).permutation(long_enough)[:num_phrases]

    keras.utils.set_random_seed(seed)
    model = kerabert.BertTextClassifier.from_preset(SMALL, num_classes=2, sequence_length=128)
    if start == "random":
        forget(model.backbone, np.random.default_rng(seed), 0.06)
    model.compile(learning_rate=rate)
    model.fit(
        [texts[i] for i in rows],
        labels[rows],
        batch_size=BATCH_SIZE,
        epochs=EPOCHS,
        verbose=0,
    )
    figures: Figures = {}
    for split in ("dev", "test"):
        texts, labels = read_sst2(data, split)
        predicted = model.predict(texts, verbose=0).argmax(axis=-1)
        figures[split] = 100 * float((predicted == labels).mean())
    return figures


def print_table(options: argparse.Namespace) -> None:
    options.folder.mkdir(parents=True, exist_ok=True)
    print("| phrases | start | peak rate | dev | test |")
    print("|---|---|---|---|---|")
    for num_phrases, start in itertools.product(options.phrases, STARTS):
        found = {}
        for rate in RATES:
            runs = [run(options, num_phrases, start, rate, seed) for seed in options.seeds]
            found[rate] = np.array([[figures["dev"], figures["test"]] for figures in runs])
        best = max(RATES, key=lambda rate: found[rate][:, 0].mean())
        means, deviations = found[best].mean(axis=0), found[best].std(axis=0, ddof=1)
        cells = " | ".join(f"{m:.1f} ± {d:.1f}" for m, d in zip(means, deviations, strict=True))
        print(f"| {num_phrases} | {start} | {best:g} | {cells} |", flush=True)


def run(
    options: argparse.Namespace, num_phrases: int, start: str, rate: float, seed: int
) -> Figures:
    file = options.folder / f"{num_phrases}-{start}-{rate:g}-{seed}-{options.backend}.json"
    if file.exists():
        return dict(json.loads(file.read_text(encoding="utf-8")))
    figures = run_in_fresh_process(
        __file__,
        backend=options.backend,
        data=options.data,
        phrases=num_phrases,
        start=start,
        rate=rate,
        seed=seed,
    )
    print(f"--- {file.name} {figures}", file=sys.stderr, flush=True)
    file.write_text(json.dumps(figures) + "\n", encoding="utf-8")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--backend", choices=("tensorflow", "jax", "torch"), default="torch")
    parser.add_argument("--phrases", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "few_labels")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--start", choices=STARTS, help="one run alone, figures as JSON")
    parser.add_argument("--rate", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="a JSON file for the figures of --start")
    options = parser.parse_args()
    if options.start is None:
        print_table(options)
        return
    os.environ["KERAS_BACKEND"] = options.backend
    figures = train(options.data, options.phrases[0], options.start, options.rate, options.seed)
    print(figures)
    if options.output:
        options.output.write_text(json.dumps(figures) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
