"""Texts a second that a fine-tuned model reads, beside the peers at their default and their best.

    python benchmarks/throughput.py --table
    python benchmarks/throughput.py --task tag --library transformers --setting best

All open the same directory: MiniLM with a head of random weights, saved by kerabert. `classify`
and `embed` read the 1,201 sections of clinical notes of MTS-Dialog's training set, cut at 128
tokens: the shortest have one word, the mean is some 40 tokens. `tag` reads the first 500 sentences
of BC5CDR's dev set. `answer` reads 134 questions of SQuAD's dev set on their paragraphs, in windows
of 384 tokens that have 128 in common. What is counted is strings in, Python objects out.

- kerabert: `classify`, `tag`, `answer`, `embed`, as they come.
- transformers, default: `pipeline(...)(texts)`. Its best: texts sorted by length, batches of 32. It
  has no pipeline for questions any more (5.24): there the default is the way of its examples,
  windows as they come in batches of 8, padded to 384 tokens, and the best sorts them in batches of
  16, each padded to its longest (`find_answers` in `question_answering.py`).
- sentence-transformers (`embed`), default: `encode(texts)`, which sorts. Its best: the best of
  batches of 8, 16, 64 and 128.
- keras_hub (`classify` only), default: `predict(strings)`, padded to 128. Its best: the same on
  texts that are sorted by length, in groups of similar length, each padded to its own.

Each run is a process of its own that does everything twice and counts the second time, so that
nothing is compiled in it. `--table` lets them take turns, and prints medians of texts a second and
how many times kerabert's rate is theirs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import question_answering
from sst2_recipe import REPOSITORY, minilm_directory

LENGTH = 128
TASKS = ("classify", "tag", "answer", "embed")
RUNS = [
    ("transformers", "torch", "default"),
    ("transformers", "torch", "best"),
    ("sentence_transformers", "torch", "default"),
    ("sentence_transformers", "torch", "best"),
    *[("kerabert", backend, "default") for backend in ("tensorflow", "jax", "torch")],
    *[
        ("keras_hub", backend, setting)
        for backend in ("tensorflow", "jax", "torch")
        for setting in ("default", "best")
    ],
]


def takes_part(library: str, task: str) -> bool:
    """Whether a library has a way to do the task."""
    if task == "embed":
        return library in ("kerabert", "sentence_transformers")
    return library in ("kerabert", "transformers") or (library, task) == ("keras_hub", "classify")


def read_texts(data: Path, task: str) -> Any:
    """Texts; for `answer`, questions and their contexts."""
    from kerabert.datasets import read_conll, read_json_lines, read_squad

    if task == "answer":
        questions, contexts, *_ = read_squad(data / "squad" / "dev-v1.1.json.gz")
        return questions[::70], contexts[::70]
    if task in ("classify", "embed"):
        path = data / "mts_dialog" / "train.jsonl.gz"
        return list(read_json_lines(path, "section_text", label_column=None)[0])
    words, _ = read_conll(data / "ner_bc5cdr" / "dev.conll.gz")
    return [" ".join(row) for row in words[:500]]


def save_models(folder: Path) -> None:
    """Write the directory of each task; the head's weights are random, and the same for all."""
    import keras

    import kerabert

    keras.utils.set_random_seed(0)
    classes = [f"kind {i}" for i in range(20)]
    arguments = {"sequence_length": LENGTH, "classes": classes}
    model: Any = kerabert.BertTextClassifier.from_preset(minilm_directory(), **arguments)
    model.save_to_preset(folder / "classify")
    tags = ["O", "B-Chemical", "I-Chemical", "B-Disease", "I-Disease"]
    arguments["classes"] = tags
    model = kerabert.BertTokenClassifier.from_preset(minilm_directory(), **arguments)
    model.save_to_preset(folder / "tag")
    model = kerabert.BertQuestionAnswerer.from_preset(minilm_directory())
    model.save_to_preset(folder / "answer")
    model = kerabert.BertTextEmbedder.from_preset(minilm_directory(), sequence_length=LENGTH)
    model.save_to_preset(folder / "embed")


def load_kerabert(folder: Path, task: str, setting: str) -> Callable[[Any], Any]:
    import kerabert

    if task == "classify":
        return kerabert.BertTextClassifier.from_preset(folder / task).classify
    if task == "tag":
        return kerabert.BertTokenClassifier.from_preset(folder / task).tag
    if task == "embed":
        return kerabert.BertTextEmbedder.from_preset(folder / task).embed
    model = kerabert.BertQuestionAnswerer.from_preset(
        folder / task,
        sequence_length=question_answering.LENGTH,
        stride=question_answering.STRIDE,
        max_question_length=question_answering.QUESTION_LENGTH,
        max_answer_length=question_answering.ANSWER_LENGTH,
    )
    return lambda rows: model.answer(*rows)


def load_sentence_transformers(folder: Path, task: str, setting: str) -> Callable[[Any], Any]:
    import sentence_transformers

    model = sentence_transformers.SentenceTransformer(str(folder / task), device="cpu")
    if setting == "default":
        return model.encode
    best: list[int] = []

    def run(texts: list[str]) -> Any:
        if not best:  # the first time finds the best, the second is counted
            seconds = {}
            for size in (8, 16, 64, 128):
                model.encode(texts[:64], batch_size=size)
                begin = time.perf_counter()
                model.encode(texts, batch_size=size)
                seconds[time.perf_counter() - begin] = size
            best.append(seconds[min(seconds)])
        return model.encode(texts, batch_size=best[0])

    return run


def load_transformers(folder: Path, task: str, setting: str) -> Callable[[Any], Any]:
    import transformers

    if task == "answer":
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder / task)
        model = transformers.AutoModelForQuestionAnswering.from_pretrained(folder / task)
        size, pad = (8, True) if setting == "default" else (16, False)
        return lambda rows: question_answering.find_answers(
            model, tokenizer, (*rows, []), size, pad
        )[0]
    kinds = {"classify": "text-classification", "tag": "token-classification"}
    arguments: dict[str, Any] = {"aggregation_strategy": "simple"} if task == "tag" else {}
    pipe = transformers.pipeline(kinds[task], model=str(folder / task), device="cpu", **arguments)
    cut = {"truncation": True, "max_length": LENGTH} if task == "classify" else {}
    if setting == "default":
        return lambda texts: pipe(texts, **cut)

    def run(texts: list[str]) -> list[Any]:
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found = pipe([texts[i] for i in order], batch_size=32, **cut)
        results: list[Any] = [None] * len(texts)
        for i, result in zip(order, found, strict=True):
            results[i] = result
        return results

    return run


def load_keras_hub(folder: Path, task: str, setting: str) -> Callable[[Any], Any]:
    import keras_hub
    import numpy as np

    model = keras_hub.models.BertTextClassifier.from_preset(str(minilm_directory()), num_classes=20)
    names = [f"kind {i}" for i in range(20)]

    def name(logits: Any) -> list[tuple[str, float]]:
        values = np.exp(logits - logits.max(axis=1, keepdims=True))
        values /= values.sum(axis=1, keepdims=True)
        return [(names[row.argmax()], float(row.max())) for row in values]

    if setting == "default":
        model.preprocessor.sequence_length = LENGTH
        return lambda texts: name(model.predict(texts, verbose=0))
    lengths = (16, 24, 32, 48, 64, 96, LENGTH)
    tokenizer, plain = model.preprocessor.tokenizer, model
    plain.preprocessor, preprocessor = None, model.preprocessor

    def run(texts: list[str]) -> list[Any]:
        counts = np.array([len(row) + 2 for row in tokenizer(texts)])
        groups = np.minimum(np.searchsorted(lengths, counts), len(lengths) - 1)
        results: list[Any] = [None] * len(texts)
        for group in np.unique(groups):
            rows = np.flatnonzero(groups == group)
            preprocessor.sequence_length = lengths[group]
            x = preprocessor([texts[i] for i in rows])
            for row, result in zip(rows, name(plain.predict(x, verbose=0)), strict=True):
                results[row] = result
        return results

    return run


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Texts a second of one library."""
    texts = read_texts(options.data, options.task)
    load = {
        "kerabert": load_kerabert,
        "transformers": load_transformers,
        "sentence_transformers": load_sentence_transformers,
        "keras_hub": load_keras_hub,
    }[options.library]
    run = load(options.folder, options.task, options.setting)
    num_texts = len(texts[0]) if isinstance(texts, tuple) else len(texts)
    for _ in range(2):
        begin = time.perf_counter()
        found = run(texts)
        seconds = time.perf_counter() - begin
    assert len(found) == num_texts
    return {"texts": num_texts, "texts_per_second": num_texts / seconds}


def print_table(options: argparse.Namespace) -> None:
    for task in options.tasks:
        runs = [run for run in RUNS if takes_part(run[0], task)]
        rates: dict[tuple[str, str, str], list[float]] = {run: [] for run in runs}
        for _ in range(options.repeats):
            for library, backend, setting in runs:
                command = [sys.executable, __file__, "--task", task, "--library", library]
                command += ["--backend", backend, "--setting", setting]
                command += ["--folder", str(options.folder), "--data", str(options.data)]
                printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                figures = json.loads(printed.splitlines()[-1])
                rates[library, backend, setting].append(figures["texts_per_second"])
                print(task, library, backend, setting, figures, flush=True)
        middle = {run: statistics.median(found) for run, found in rates.items()}
        ours = {run[1]: rate for run, rate in middle.items() if run[0] == "kerabert"}
        print(f"\n| {task} | texts a second | kerabert is faster by: TensorFlow, JAX, PyTorch |")
        print("|---|---|---|")
        for (library, backend, setting), rate in middle.items():
            times = ", ".join(f"{own / rate:.1f}" for own in ours.values())
            name = library if "transformers" in library else f"{library} on {backend}"
            print(f"| {name}, {setting} | {rate:.0f} | {times} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--task", choices=TASKS, default="classify")
    parser.add_argument(
        "--library", choices=["kerabert", "transformers", "sentence_transformers", "keras_hub"]
    )
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], default="jax")
    parser.add_argument("--setting", choices=["default", "best"], default="default")
    parser.add_argument("--folder", type=Path, help="of the models; default: made for this run")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    options = parser.parse_args()
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if options.folder is None:
        options.folder = Path(tempfile.mkdtemp())
        save_models(options.folder)
    if options.table:
        print_table(options)
    else:
        print(json.dumps(measure(options)))


if __name__ == "__main__":
    main()
