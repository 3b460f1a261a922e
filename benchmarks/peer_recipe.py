"""What the benchmarks of the tasks share: where models begin, and the recipe in plain PyTorch.

The recipe: batches of rows of like length, AdamW with weight decay 0.01 (none on biases and layer
normalisation), betas 0.9 and 0.999, epsilon 1e-6, a learning rate that rises to its peak over the
first tenth of the steps and then falls linearly to 0, gradients clipped to a global norm of 1,
float32. It is what kerabert's `compile()` and `fit` do; here it is written for the peers. The tasks
say their peak rate and epochs from MiniLM; small presets take `SMALL_RATE`, unless a task says
another, and `SMALL_TIMES` as many epochs.

Two runs of so few steps differ by some points through chance alone. So nothing is left to it: all
libraries open the same directory, in which the head has first weights drawn from the seed and
dropout is 0, and see the same rows in the same batches, kerabert's. What is left is the order of
floating-point sums.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sst2_recipe import (
    EPSILON,
    REPOSITORY,
    WARM_UP_SHARE,
    WEIGHT_DECAY,
    minilm_directory,
    without_dropout,
)

SMALL = "kerabert_mini_en_uncased"
SMALL_RATE, SMALL_TIMES = 5e-4, 3  # peak rate; times the epochs from MiniLM

Figures = dict[str, Any]


def preset_directory(preset: str) -> Path:
    """`minilm`, `random`, the name of a preset that ships, or any directory."""
    if preset == "minilm":
        return minilm_directory()
    shipped = REPOSITORY / "presets" / (SMALL if preset == "random" else preset)
    return shipped if shipped.is_dir() else Path(preset)


def is_minilm(options: Any) -> bool:
    return "minilm" in str(options.preset).lower()


def find_rate(options: Any, minilm_rate: float, small_rate: float = SMALL_RATE) -> float:
    """The peak learning rate: small models take, and need, larger ones."""
    if options.learning_rate is not None:
        return float(options.learning_rate)
    return minilm_rate if is_minilm(options) else small_rate


def find_epochs(options: Any, minilm_epochs: int) -> int:
    """The epochs: small models need more, and get more into the same minutes."""
    if options.steps is not None:
        return 1
    if options.epochs is not None:
        return int(options.epochs)
    return minilm_epochs if is_minilm(options) else SMALL_TIMES * minilm_epochs


def forget(model: Any, generator: np.random.Generator, deviation: float) -> None:
    """Give a model or backbone first weights: random matrices, all else as a new one has it."""
    fresh = type(model).from_config(model.get_config()).get_weights()
    model.set_weights(
        [
            generator.normal(0.0, deviation, weight.shape) if weight.ndim > 1 else weight
            for weight in fresh
        ]
    )


def start_directory(directory: Path, task: Any, options: Any, **arguments: Any) -> Path:
    """Save what all libraries begin with: the preset with a head drawn from the seed, dropout 0.

    `task` is kerabert's class, `arguments` go to its `from_preset`. Of the preset `random`, the
    small one without what it learned, every matrix is drawn.
    """
    model = without_dropout(task.from_preset(directory, **arguments))
    generator = np.random.default_rng(options.seed)
    if options.preset == "random":
        forget(model, generator, 0.02)
    for layer in model.head_layers.values():
        kernel = generator.normal(0.0, 0.02, layer.kernel.shape)
        layer.set_weights([kernel, np.zeros(kernel.shape[-1])])
    saved = Path(tempfile.mkdtemp()) / "start"
    model.save_to_preset(saved)
    return saved


def batch_rows(
    lengths: list[int], seed: int, epoch: int, batch_size: int, ceiling: int
) -> list[tuple[np.ndarray, int]]:
    """The rows of each batch of kerabert's `fit` after `set_random_seed(seed)`, and its length."""
    from kerabert.models.preparation import count_buckets
    from kerabert.text.batch_plan import BatchPlan
    from kerabert.text.buckets import choose_boundaries

    tokens = np.array(lengths)
    num_buckets = count_buckets(len(tokens), batch_size, shuffle=True)
    boundaries = np.array(choose_boundaries(tokens, num_buckets, ceiling))
    padded = boundaries[np.searchsorted(boundaries, tokens)]
    first = int(np.random.RandomState(seed).randint(2**31))
    plan = BatchPlan.shuffled(padded, batch_size, np.random.default_rng((first, epoch)))
    return [plan.batch(step) for step in range(len(plan))]


def fine_tune(
    model: Any,
    lengths: list[int],
    loss_of: Callable[[np.ndarray, int], Any],
    *,
    learning_rate: float,
    epochs: int,
    seed: int,
    batch_size: int,
    ceiling: int,
) -> tuple[int, float]:
    """Train a PyTorch model and return the number of steps and the mean loss of the last epoch.

    `loss_of` gives the mean loss of a batch for its row numbers and the length that kerabert pads
    it to; rows are cut at `ceiling` tokens.
    """
    import torch
    import transformers

    num_steps = epochs * -(-len(lengths) // batch_size)
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in model.parameters() if p.ndim > 1]},
            {"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0},
        ],
        lr=learning_rate,
        betas=(0.9, 0.999),
        eps=EPSILON,
        weight_decay=WEIGHT_DECAY,
    )
    schedule = transformers.get_linear_schedule_with_warmup(
        optimizer, round(WARM_UP_SHARE * num_steps), num_steps
    )
    model.train()
    step = 0
    losses: list[float] = []
    for epoch in range(epochs):
        losses = []
        for rows, length in batch_rows(lengths, seed, epoch, batch_size, ceiling):
            step += 1
            for group in optimizer.param_groups:  # Keras adds it before the bias correction
                group["eps"] = EPSILON / (1 - 0.999**step) ** 0.5
            loss = loss_of(rows, length)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(float(loss.detach()))
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
    model.eval()
    return num_steps, float(np.mean(losses))


def read_options(description: str, data_sets: list[str]) -> argparse.Namespace:
    """The options that all tasks have; the backend is set before Keras is imported."""
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--data-set", choices=data_sets, default=data_sets[0])
    parser.add_argument("--preset", default="minilm", help="see `preset_directory`")
    parser.add_argument("--library", choices=["kerabert", "transformers"], default="kerabert")
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"], default="jax")
    parser.add_argument("--learning-rate", type=float, help="default: the task's")
    parser.add_argument("--epochs", type=int, help="default: the task's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="a short run of one epoch; default: in full")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--output", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    os.environ["KERAS_BACKEND"] = "torch" if options.library != "kerabert" else options.backend
    return options


def write_figures(options: argparse.Namespace, figures: Figures) -> None:
    """Print the figures of a run, and write them where the options say."""
    named = {key: getattr(options, key) for key in ("data_set", "preset", "library", "seed")}
    text = json.dumps(named | figures, indent=1, default=float)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    print(text)


def describe_kerabert() -> Figures:
    """Which kerabert, on which backend."""
    import keras

    import kerabert

    version = f"kerabert {kerabert.__version__}, keras {keras.__version__}"
    return {"version": version, "backend": keras.backend.backend()}


def describe_transformers() -> Figures:
    """Which transformers."""
    import torch
    import transformers

    return {"version": f"transformers {transformers.__version__}, torch {torch.__version__}"}
