"""What a pretraining run shows while it goes on: a log, a picture, TensorBoard, filled masks."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras


class RunLog(keras.callbacks.Callback):
    """Writes the figures of each epoch to a file, a picture and TensorBoard, and fills masks.

    `log.jsonl` has a line for each epoch: its step, what Keras reports of it, the learning rate,
    and the likeliest words for the masks of `samples`. `log.png` shows the losses and
    accuracies (needs matplotlib, without which it is left out), `tensorboard/` holds the same
    figures (needs tensorboardX). An epoch that is run again after a crash replaces its line.

    Args:
        directory: `pathlib.Path` of the run.
        first_step: int, steps of the stages before.
        steps_per_epoch: int.
        samples: texts with [MASK], filled after each epoch. Default none.
        verbose: bool, print the samples. Default True.
    """

    def __init__(
        self,
        directory: Path,
        first_step: int,
        steps_per_epoch: int,
        samples: Sequence[str] = (),
        verbose: bool = True,
    ) -> None:
        super().__init__()
        self.directory = directory
        self.first_step = first_step
        self.steps_per_epoch = steps_per_epoch
        self.samples = list(samples)
        self.verbose = verbose

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        step = self.first_step + (epoch + 1) * self.steps_per_epoch
        figures = {name: float(value) for name, value in (logs or {}).items()}
        rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
        line = {"step": step, **figures, "learning_rate": float(rate), "filled": self._fill()}
        before = [entry for entry in read_log(self.directory) if entry["step"] < step]
        path = self.directory / "log.jsonl"
        aside = path.with_suffix(".new")
        text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in (*before, line))
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
        self._write_tensorboard(step, {**figures, "learning_rate": float(rate)})
        plot_log(self.directory)

    def _fill(self) -> dict[str, list[list[str]]]:
        if not self.samples:
            return {}
        filled = {}
        answers = self.model.fill_mask(self.samples, top_k=3)
        for text, masks in zip(self.samples, answers, strict=True):
            filled[text] = [[candidate.token for candidate in mask] for mask in masks]
            if self.verbose:
                print(
                    f"\n{text}  ->  " + "; ".join(", ".join(mask) for mask in filled[text]), end=""
                )
        if self.verbose:
            print()
        return filled

    def _write_tensorboard(self, step: int, figures: dict[str, float]) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            return
        # A file for each epoch: TensorBoard puts those of a folder together, and drops what was
        # written of later steps before a run was stopped.
        folder, suffix = str(self.directory / "tensorboard"), f".{step:09d}"
        with SummaryWriter(folder, purge_step=step, filename_suffix=suffix) as writer:
            for name, value in figures.items():
                writer.add_scalar(name, value, step)


def read_log(directory: Path) -> list[dict[str, Any]]:
    """Return the lines of a run's log."""
    path = directory / "log.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def plot_log(directory: Path) -> None:
    """Draw the losses and accuracies of a run's log as `log.png`, where matplotlib is installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    log = read_log(directory)
    names = [name for name in log[-1] if name not in ("step", "learning_rate", "filled")]
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, kind in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for name in sorted(name for name in names if name.endswith(kind)):
            points = [(entry["step"], entry[name]) for entry in log if name in entry]
            axes.plot(*zip(*points, strict=True), marker=".", label=name.replace("_", " "))
        axes.set(xlabel="step", title=kind)
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    figure.savefig(directory / "log.png", dpi=110)
