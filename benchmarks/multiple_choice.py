"""Multiple choice from a preset with kerabert, and the same recipe with transformers.

The recipe of `peer_recipe.py`, the same for both: batches of 16 premises, each with its three
choices, at most 128 tokens, a peak rate of 2e-4 from any preset. What is trained on is fixed, so
that a run takes at most some three minutes on two cores: the first 3,000 statements of ComVE (why
is it against common sense?), once. The accuracy is of the whole dev set, 997 statements.

    python benchmarks/multiple_choice.py --library transformers --seed 0
    python benchmarks/multiple_choice.py --library kerabert --backend jax --seed 0
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
from peer_recipe import (
    Figures,
    describe_kerabert,
    describe_transformers,
    find_epochs,
    find_rate,
    fine_tune,
    preset_directory,
    read_options,
    start_directory,
    write_figures,
)
from sst2_recipe import MAX_LENGTH

PEAK_RATE = 2e-4
BATCH_SIZE = 16
# Folder, rows to train on, epochs.
DATA_SETS: dict[str, Any] = {"comve": ("comve_multiple_choice", 3000, 1)}

Rows = tuple[list[str], list[list[str]]]


def read_data(options: Any, name: str) -> tuple[Rows, list[int], Rows, list[int], int]:
    """Premises with choices and labels to train on, the same of dev, and the epochs."""
    from kerabert.datasets import read_json_lines

    folder, num_rows, epochs = DATA_SETS[name]
    epochs, steps = find_epochs(options, epochs), options.steps
    columns = ["premise", "choices"]
    (premises, choices), labels = read_json_lines(options.data / folder / "train.jsonl.gz", columns)
    dev, dev_labels = read_json_lines(options.data / folder / "dev.jsonl", columns)
    if steps is not None:
        num_rows = steps * BATCH_SIZE
        dev, dev_labels = (dev[0][:64], dev[1][:64]), dev_labels[:64]
    return (premises[:num_rows], choices[:num_rows]), labels[:num_rows], dev, dev_labels, epochs


def accuracy(labels: list[int], predicted: Any) -> float:
    return 100 * float(np.mean(np.asarray(labels) == np.asarray(predicted)))


def train_kerabert(directory: Path, name: str, options: Any) -> Figures:
    """Fine-tunes with kerabert's defaults."""
    import keras

    import kerabert

    x, labels, dev, dev_labels, epochs = read_data(options, name)
    model = kerabert.BertMultipleChoice.from_preset(directory, sequence_length=MAX_LENGTH)
    keras.utils.set_random_seed(options.seed)
    model.compile(learning_rate=find_rate(options, PEAK_RATE, PEAK_RATE))
    begin = time.perf_counter()
    history = model.fit(x, labels, batch_size=BATCH_SIZE, epochs=epochs, verbose=2).history
    middle = time.perf_counter()
    logits = model.predict(dev, verbose=0)
    end = time.perf_counter()
    return {
        **describe_kerabert(),
        "steps": int(model.optimizer.iterations.numpy()),
        "loss": history["loss"][-1],
        "seconds": middle - begin,
        "dev_seconds": end - middle,
        "accuracy": accuracy(dev_labels, logits.argmax(axis=1)),
    }


def train_transformers(directory: Path, name: str, options: Any) -> Figures:
    """Fine-tunes with transformers and a plain PyTorch loop."""
    import torch
    import transformers

    x, labels, dev, dev_labels, epochs = read_data(options, name)
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model = transformers.AutoModelForMultipleChoice.from_pretrained(directory, dtype=torch.float32)
    targets = torch.tensor(labels)

    def encode(rows: Rows) -> list[list[dict[str, Any]]]:
        """The three packed choices of each row."""
        encoded = []
        for premise, choices in zip(*rows, strict=True):
            found = tokenizer(
                [premise] * len(choices), choices, truncation=True, max_length=MAX_LENGTH
            )
            encoded.append([{k: v[i] for k, v in found.items()} for i in range(len(choices))])
        return encoded

    def lengths_of(encoded: list[list[dict[str, Any]]]) -> list[int]:
        return [max(len(choice["input_ids"]) for choice in row) for row in encoded]

    def logits_of(encoded: list[list[dict[str, Any]]], rows: Any) -> Any:
        batch = tokenizer.pad([c for row in rows for c in encoded[row]], return_tensors="pt")
        return model(**{k: v.view(len(rows), -1, v.shape[-1]) for k, v in batch.items()}).logits

    def loss_of(rows: np.ndarray, _: int) -> Any:
        expected = targets[torch.from_numpy(rows)]
        return torch.nn.functional.cross_entropy(logits_of(encoded, rows), expected)

    begin = time.perf_counter()
    encoded = encode(x)
    steps, loss = fine_tune(
        model,
        lengths_of(encoded),
        loss_of,
        learning_rate=find_rate(options, PEAK_RATE, PEAK_RATE),
        epochs=epochs,
        seed=options.seed,
        batch_size=BATCH_SIZE,
        ceiling=MAX_LENGTH,
    )
    middle = time.perf_counter()
    dev_encoded = encode(dev)
    order = np.argsort(lengths_of(dev_encoded), kind="stable")
    predicted = np.zeros(len(order), int)
    with torch.no_grad():
        for start in range(0, len(order), 2 * BATCH_SIZE):
            rows = order[start : start + 2 * BATCH_SIZE]
            predicted[rows] = logits_of(dev_encoded, rows).argmax(-1).numpy()
    return {
        **describe_transformers(),
        "steps": steps,
        "loss": loss,
        "seconds": middle - begin,
        "dev_seconds": time.perf_counter() - middle,
        "accuracy": accuracy(dev_labels, predicted),
    }


def main() -> None:
    options = read_options(__doc__, list(DATA_SETS))
    import kerabert

    task = kerabert.BertMultipleChoice
    start = start_directory(preset_directory(options.preset), task, options)
    train = train_kerabert if options.library == "kerabert" else train_transformers
    write_figures(options, train(start, options.data_set, options))


if __name__ == "__main__":
    main()
