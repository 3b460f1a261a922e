"""What a pretrained preset is worth: fine-tuned beside the same model with random weights.

    KERAS_BACKEND=jax python benchmarks/presets.py kerabert_mini_en_uncased

Both are trained by the same recipe, on the same rows in the same order: kerabert's defaults,
batches of 32, at most 128 tokens, the peak rate below, which was chosen on phrases of SST-2's
training set that it does not train on. Rows, epochs and the rate are fixed for all presets and
tasks; none was tuned on the dev sets. The scores are of the whole dev set of each task.
"""

import argparse
import csv
import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sst2_recipe import REPOSITORY

import kerabert
from kerabert.datasets import read_conll
from kerabert.metrics import score_entities

SEQUENCE_LENGTH = 128
LEARNING_RATE = 1e-3
Result = dict[str, float]


def read_table(path: Path) -> list[dict[str, str]]:
    open_file = gzip.open if path.suffix == ".gz" else open
    with open_file(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def pairs_of(rows: list[dict[str, str]], *columns: str) -> Any:
    texts = tuple([row[column] for row in rows] for column in columns)
    return texts[0] if len(texts) == 1 else texts


def classify(
    data: Path, files: tuple[str, str], columns: tuple[str, ...], rows: int | None, epochs: int
) -> Callable[..., Result]:
    def run(make: Callable[..., Any]) -> Result:
        train, dev = (read_table(data / file) for file in files)
        order = np.random.default_rng(0).permutation(len(train))[:rows]
        train = [train[i] for i in order]
        labels = [row["label"] for row in train]
        model = make(kerabert.BertTextClassifier, classes=sorted(set(labels)))
        model.compile(learning_rate=LEARNING_RATE)
        model.fit(pairs_of(train, *columns), labels, epochs=epochs, verbose=0)
        expected = [row["label"] for row in dev]
        answers = model.classify(pairs_of(dev, *columns))
        found = [answer.label for answer in answers]
        majority = max(map(expected.count, set(expected))) / len(expected)
        return {"accuracy": float(np.mean(np.array(found) == expected)), "majority": majority}

    return run


def similarity(data: Path) -> Callable[..., Result]:
    def run(make: Callable[..., Any]) -> Result:
        train, dev = (read_table(data / "stsb_en" / f"{name}.tsv") for name in ("train", "dev"))
        columns = ("sentence1", "sentence2")
        model = make(kerabert.BertTextRegressor)
        model.compile(learning_rate=LEARNING_RATE)
        scores = np.array([float(row["score"]) / 5 for row in train], "float32")
        model.fit(pairs_of(train, *columns), scores, epochs=4, verbose=0)
        found = np.ravel(model.predict(pairs_of(dev, *columns), verbose=0))
        expected = np.array([float(row["score"]) for row in dev])
        ranks = [np.argsort(np.argsort(values)) for values in (found, expected)]
        return {
            "Pearson": float(np.corrcoef(found, expected)[0, 1]),
            "Spearman": float(np.corrcoef(*ranks)[0, 1]),
        }

    return run


def entities(
    data: Path, folder: str, epochs: int, rows: int | None = None
) -> Callable[..., Result]:
    def run(make: Callable[..., Any]) -> Result:
        words, tags = read_conll(next((data / folder).glob("train.conll*")))
        dev_words, dev_tags = read_conll(next((data / folder).glob("dev.conll*")))
        model = make(kerabert.BertTokenClassifier, classes=kerabert.list_classes(tags))
        model.compile(learning_rate=LEARNING_RATE)
        model.fit(words, tags, epochs=epochs, verbose=0)
        found = model.predict_tags(dev_words)
        return {"F1": float(score_entities(dev_tags, found).f1)}

    return run


def make_tasks(data: Path) -> dict[str, Callable[..., Result]]:
    sentences = ("sentence1", "sentence2")
    return {
        "SST-2": classify(
            data / "sst2", ("train.tsv.gz", "dev.tsv"), ("sentence",), rows=10000, epochs=2
        ),
        "STS-B": similarity(data),
        "MRPC": classify(data / "mrpc", ("train.tsv", "dev.tsv"), sentences, None, epochs=4),
        "RTE": classify(data / "rte", ("train.tsv", "dev.tsv"), sentences, None, epochs=4),
        "WNUT-17": entities(data, "ner_wnut17", epochs=5),
        "NCBI disease": entities(data, "ner_ncbi_disease", epochs=3),
    }


def make_from(preset: str, is_pretrained: bool, seed: int) -> Callable[..., Any]:
    """A function from a class to a model of it, pretrained or of the same size and random."""

    def make(task: Any, **arguments: Any) -> Any:
        keras.utils.set_random_seed(seed)
        model = task.from_preset(preset, sequence_length=SEQUENCE_LENGTH, **arguments)
        if is_pretrained:
            return model
        config = model.get_config()
        keras.utils.set_random_seed(seed)
        return type(model).from_config(config)  # made anew: with first weights of its own

    return make


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("preset")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--tasks", nargs="+")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    kinds = ("pretrained", "random")
    parser.add_argument("--weights", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    tasks = make_tasks(options.data)
    results = []
    for name in options.tasks or tasks:
        for seed in options.seeds:
            for weights in options.weights:
                is_pretrained = weights == "pretrained"
                begin = time.monotonic()
                scores = tasks[name](make_from(options.preset, is_pretrained, seed))
                kind = options.preset if is_pretrained else "random"
                seconds = time.monotonic() - begin
                results.append({"task": name, "seed": seed, "weights": kind, **scores})
                text = ", ".join(f"{key} {100 * value:.1f}" for key, value in scores.items())
                print(f"{name:<14} seed {seed} {kind:<36} {text}  ({seconds:.0f} s)", flush=True)
    if options.output:
        options.output.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
