"""What the benchmarks of the tasks share: where models begin, and the recipe in plain PyTorch.

The recipe: batches of rows of like length in an order given by the seed, AdamW with weight decay
0.01 (none on biases and layer normalisation), betas 0.9 and 0.999, epsilon 1e-6, a learning rate
that rises to its peak over the first tenth of the steps and then falls linearly to 0, gradients
clipped to a global norm of 1, dropout 0.1 as in the checkpoint, float32. It is what kerabert's
`compile()` and `fit` do; here it is written for the peers.
"""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sst2_recipe import (
    EPSILON,
    REPOSITORY,
    WARM_UP_SHARE,
    WEIGHT_DECAY,
    batch_order,
    minilm_directory,
)

Figures = dict[str, Any]


def preset_directory(preset: str) -> Path:
    """`minilm`, the name of a preset that ships, or any directory."""
    if preset == "minilm":
        return minilm_directory()
    shipped = REPOSITORY / "presets" / preset
    return shipped if shipped.is_dir() else Path(preset)


def find_rate(preset: str, minilm_rate: float) -> float:
    """The peak learning rate: small models take, and need, larger ones."""
    return minilm_rate if "minilm" in str(preset).lower() else 5e-4


def fine_tune(
    model: Any,
    lengths: list[int],
    loss_of: Callable[[np.ndarray], Any],
    *,
    learning_rate: float,
    epochs: int,
    seed: int,
    batch_size: int,
) -> tuple[int, float]:
    """Train a PyTorch model and return the number of steps and the mean loss of the last epoch.

    `loss_of` gives the mean loss of a batch for its row numbers.
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
        optimizer, int(WARM_UP_SHARE * num_steps), num_steps
    )
    model.train()
    losses: list[float] = []
    for epoch in range(epochs):
        losses = []
        for rows in batch_order(lengths, 1000 * seed + epoch, bucket=True, batch_size=batch_size):
            loss = loss_of(rows)
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
    parser.add_argument("--preset", default="minilm", help="`minilm`, a name or a directory")
    parser.add_argument("--library", choices=["kerabert", "transformers"], default="kerabert")
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"], default="jax")
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
