"""SST-2 from MiniLM with kerabert, with the recipe of sst2_peers.py, and the table of them all.

python benchmarks/sst2.py --backend jax --output jax.json   # an epoch, then dev accuracy
python benchmarks/sst2.py --table --steps 60                # tokens a second, side by side
"""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from sst2_peers import run_in_fresh_process, run_keras_hub, run_transformers
from sst2_recipe import (
    MAX_LENGTH,
    PEAK_LEARNING_RATE,
    REPOSITORY,
    Figures,
    StepClock,
    head_weights,
    minilm_directory,
    read_sst2,
    read_training,
    token_batches,
    without_dropout,
)

BACKENDS = ("jax", "tensorflow", "torch")
PEERS = {
    "transformers, default (padded to the longest of a batch)": (run_transformers, {}),
    "transformers, best (batches of like length)": (run_transformers, {"setting": "bucket"}),
    "KerasHub on {backend}, default (padded to 256)": (run_keras_hub, {"setting": "default"}),
    "KerasHub on {backend}, best (batches of like length)": (run_keras_hub, {"setting": "bucket"}),
}


def train_kerabert(data: Path, steps: int | None, seed: int, paired: bool = False) -> Figures:
    """Fine-tunes with kerabert's defaults; a paired run has a given head and no dropout."""
    import keras

    import kerabert

    class Clock(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            self.clock = StepClock(compiles=keras.backend.backend() != "torch")

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.clock.tick(float(logs["loss"]), real_tokens[batch], shapes[batch])

    keras.utils.set_random_seed(seed)
    model = kerabert.BertTextClassifier.from_preset(
        minilm_directory(), num_classes=2, sequence_length=MAX_LENGTH
    )
    if paired:
        model = without_dropout(model)
        model.classifier.set_weights(head_weights(seed, model.classifier.kernel.shape[0]))
    batches = token_batches(*read_training(data, steps, seed), seed)
    masks = [batch[0]["padding_mask"] for batch in batches]
    real_tokens, shapes = [int(mask.sum()) for mask in masks], [mask.shape for mask in masks]
    model.compile(learning_rate=PEAK_LEARNING_RATE)
    timer = Clock()
    model.fit(batches, callbacks=[timer], verbose=0)
    figures = timer.clock.figures() | {
        "library": f"kerabert {kerabert.__version__}, keras {keras.__version__}",
        "backend": keras.backend.backend(),
    }
    if steps is None:
        texts, labels = read_sst2(data, "dev")
        predicted = model.predict(texts, verbose=0).argmax(-1)
        figures["dev_accuracy"] = float((predicted == labels).mean())
        figures["dev_predictions"] = predicted.tolist()
    return figures


def run_kerabert(backend: str, steps: int | None = None, seed: int = 0, **options: Any) -> Figures:
    """Trains in a fresh process."""
    options |= {"backend": backend, "steps": steps, "seed": seed}
    return run_in_fresh_process(__file__, **options)


def print_table(data: Path, steps: int, repeats: int, backends: list[str], only_best: bool) -> None:
    """Runs all in turn, `repeats` times, and prints the median, least and most tokens a second."""
    rates: dict[str, list[float]] = {}

    def add(name: str, figures: Figures) -> None:
        rates.setdefault(name, []).append(figures["real_tokens_per_second"])
        print(f"{name}: {rates[name][-1]:.0f} real tokens/s", file=sys.stderr, flush=True)

    for seed in range(repeats):
        for name, (run, options) in PEERS.items():
            if run is run_transformers:
                add(name, run(steps=steps, seed=seed, data=data, **options))
                continue
            # As it comes, a step takes ten times as long: a few steps, once, show it.
            is_default = options["setting"] == "default"
            for backend in () if is_default and (seed > 0 or only_best) else backends:
                title = name.format(backend=backend)
                few = 10 if is_default else steps
                add(title, run(backend, steps=few, seed=seed, data=data, **options))
        for backend in backends:
            figures = run_kerabert(backend, steps=steps, seed=seed, data=data)
            add(f"kerabert on {backend}", figures)
    print("\n| | real tokens/s, median | least | most |\n|---|---|---|---|")
    for name, values in rates.items():
        middle = statistics.median(values)
        print(f"| {name} | {middle:.0f} | {min(values):.0f} | {max(values):.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--backend", choices=BACKENDS, default="jax")
    parser.add_argument("--table", action="store_true", help="all libraries, side by side")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=list(BACKENDS))
    parser.add_argument("--best", action="store_true", help="without KerasHub's slow default")
    parser.add_argument("--repeats", type=int, default=3, help="of the table")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--steps", type=int, help="stop early; without it: an epoch, then dev")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--paired", action="store_true", help="see sst2_paired.py")
    parser.add_argument("--output", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    if options.table:
        print_table(
            options.data, options.steps or 60, options.repeats, options.backends, options.best
        )
        return
    os.environ |= {"KERAS_BACKEND": options.backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    figures = train_kerabert(options.data, options.steps, options.seed, options.paired)
    figures |= {"seed": options.seed, "paired": options.paired}
    text = json.dumps(figures, indent=2)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
