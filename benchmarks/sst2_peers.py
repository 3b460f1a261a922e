"""SST-2 from MiniLM with the peers: transformers (PyTorch) and KerasHub (each backend).

The recipe is the same for all: one epoch, batches of 32 in an order given by the seed, AdamW with
weight decay 0.01 (none on biases and layer normalisation), betas 0.9 and 0.999, epsilon 1e-6, a
learning rate that rises to 5e-5 over the first tenth of the steps and then falls linearly to 0,
gradients clipped to a global norm of 1, dropout 0.1 as in the checkpoint, float32.

    python benchmarks/sst2_peers.py --library transformers --output transformers.json
    python benchmarks/sst2_peers.py --library keras_hub --backend jax --setting bucket --steps 60

`run_transformers` and `run_keras_hub` do the same from Python, each in a fresh process, because a
process has one Keras backend, and warm memory and thread pools would favour whoever comes second.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sst2_recipe import (
    BATCH_SIZE,
    BUCKET_LENGTHS,
    EPSILON,
    MAX_LENGTH,
    PEAK_LEARNING_RATE,
    REPOSITORY,
    WARM_UP_SHARE,
    WEIGHT_DECAY,
    Figures,
    StepClock,
    batch_order,
    head_weights,
    minilm_directory,
    padded,
    read_sst2,
    read_training,
    token_batches,
)


def train_transformers(
    data: Path, steps: int | None, seed: int, setting: str, paired: bool = False
) -> Figures:
    """Fine-tunes with transformers and a plain PyTorch loop: its attention default, padding to the
    longest row of each batch. Setting "bucket" makes batches of like length. A paired run takes
    kerabert's batches, a given head and no dropout, see sst2_paired.py."""
    import torch
    import transformers

    torch.manual_seed(seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm_directory())
    rates = ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout")
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        minilm_directory(),
        num_labels=2,
        dtype=torch.float32,
        **(dict.fromkeys(rates, 0.0) if paired else {}),
    )
    if paired:
        kernel, bias = head_weights(seed, model.config.hidden_size)
        head = {"weight": torch.from_numpy(kernel.T.copy()), "bias": torch.from_numpy(bias)}
        model.classifier.load_state_dict(head)

    def encode(texts: list[str]) -> list[list[int]]:
        return tokenizer(texts, truncation=True, max_length=MAX_LENGTH)["input_ids"]

    def as_tensors(token_ids: np.ndarray, mask: np.ndarray) -> dict[str, torch.Tensor]:
        return {
            "input_ids": torch.from_numpy(token_ids).long(),
            "attention_mask": torch.from_numpy(mask).long(),
        }

    def inputs(ids: list[list[int]], rows: np.ndarray) -> dict[str, torch.Tensor]:
        return as_tensors(*padded(ids, rows, max(len(ids[row]) for row in rows)))

    texts, labels = read_training(data, steps, seed)
    if paired:
        batches = token_batches(texts, labels, seed)
        examples = ((as_tensors(x["token_ids"], x["padding_mask"]), y) for x, y in batches)
    else:
        ids = encode(texts)
        batches = batch_order([len(row) for row in ids], seed, setting == "bucket")
        examples = ((inputs(ids, rows), labels[rows]) for rows in batches)
    not_decayed = [p for p in model.parameters() if p.ndim == 1]  # biases, layer normalisation
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in model.parameters() if p.ndim > 1]},
            {"params": not_decayed, "weight_decay": 0.0},
        ],
        lr=PEAK_LEARNING_RATE,
        betas=(0.9, 0.999),
        eps=EPSILON,
        weight_decay=WEIGHT_DECAY,
    )
    schedule = transformers.get_linear_schedule_with_warmup(
        optimizer, int(WARM_UP_SHARE * len(batches)), len(batches)
    )
    model.train()
    clock, mean_loss = StepClock(compiles=False), 0.0
    for step, (x, y) in enumerate(examples):
        if paired:  # Keras adds epsilon before the bias correction of the second moment
            for group in optimizer.param_groups:
                group["eps"] = EPSILON / (1 - 0.999 ** (step + 1)) ** 0.5
        loss = model(**x, labels=torch.from_numpy(y).long()).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        real_tokens = int(x["attention_mask"].sum())
        mean_loss += (float(loss.detach()) - mean_loss) / (step + 1)  # as Keras logs it
        clock.tick(mean_loss, real_tokens, x["input_ids"].shape)
    figures = clock.figures() | {
        "library": f"transformers {transformers.__version__}, torch {torch.__version__}",
        "attention": model.config._attn_implementation,
    }
    if steps is None:
        model.eval()
        texts, labels = read_sst2(data, "dev")
        ids = encode(texts)
        with torch.no_grad():
            predicted = [
                model(**inputs(ids, np.array([i]))).logits.argmax().item() for i in range(len(ids))
            ]
        figures["dev_accuracy"] = float(np.mean(np.array(predicted) == labels))
        figures["dev_predictions"] = predicted
    return figures


def train_keras_hub(data: Path, steps: int | None, seed: int, setting: str, jit: str) -> Figures:
    """Fine-tunes KerasHub's BertTextClassifier, which reads the same MiniLM weights.

    Setting "default" is what `from_preset` gives: strings into `fit`, padded to the length that the
    checkpoint names (256). A number is another fixed length: 512, the default of its preprocessor
    class; 72, just above the longest training phrase. Setting "bucket" is its best: tokenised
    beforehand, batches of like length, padded to one of seven lengths, no preprocessor in `fit`.
    """
    import keras
    import keras_hub
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    model = keras_hub.models.BertTextClassifier.from_preset(str(minilm_directory()), num_classes=2)
    if setting.isdecimal():
        model.preprocessor.sequence_length = int(setting)
    packer = keras_hub.models.BertTextClassifierPreprocessor(
        model.preprocessor.tokenizer, sequence_length=MAX_LENGTH
    )

    def encode(texts: list[str]) -> list[list[int]]:
        packed = packer(texts)
        token_ids = keras.ops.convert_to_numpy(packed["token_ids"])
        lengths = keras.ops.convert_to_numpy(packed["padding_mask"]).sum(axis=1)
        return [row[:n].tolist() for row, n in zip(token_ids, lengths, strict=True)]

    texts, labels = read_training(data, steps, seed)
    ids = encode(texts)
    batches = batch_order([len(row) for row in ids], seed, setting == "bucket")
    total_steps, warm_up_steps = len(batches), int(WARM_UP_SHARE * len(batches))
    lengths = [model.preprocessor.sequence_length] * len(batches)
    if setting == "bucket":
        longest = [max(len(ids[i]) for i in rows) for rows in batches]
        lengths = [min(n for n in BUCKET_LENGTHS if n >= length) for length in longest]

    class WarmUpThenLinearDecay(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            step = keras.ops.cast(step, "float32")
            fall = (total_steps - step) / (total_steps - warm_up_steps)
            return PEAK_LEARNING_RATE * keras.ops.minimum(step / warm_up_steps, fall)

    optimizer = keras.optimizers.AdamW(
        WarmUpThenLinearDecay(),
        weight_decay=WEIGHT_DECAY,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=EPSILON,
        global_clipnorm=1.0,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile={"auto": "auto", "on": True, "off": False}[jit],
    )

    class Ticks(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            self.clock = StepClock(compiles=keras.backend.backend() != "torch")

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            rows = batches[batch]
            real_tokens = sum(len(ids[i]) for i in rows)
            self.clock.tick(float(logs["loss"]), real_tokens, (len(rows), lengths[batch]))

    def bucketed() -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
        for rows, length in zip(batches, lengths, strict=True):
            token_ids, mask = padded(ids, rows, length)
            x = {"token_ids": token_ids, "padding_mask": mask}
            yield x | {"segment_ids": np.zeros_like(token_ids)}, labels[rows]

    ticks = Ticks()
    dev_texts, dev_labels = read_sst2(data, "dev")
    preprocessor = model.preprocessor
    if setting == "bucket":
        integers = tf.TensorSpec((None, None), "int32")
        names = ("token_ids", "padding_mask", "segment_ids")
        signature = (dict.fromkeys(names, integers), tf.TensorSpec((None,), "int32"))
        dataset = tf.data.Dataset.from_generator(bucketed, output_signature=signature)
        model.preprocessor = None
        model.fit(dataset.prefetch(4), verbose=0, callbacks=[ticks])
    else:
        order = np.concatenate(batches)
        x = [texts[i] for i in order]
        model.fit(x, labels[order], batch_size=BATCH_SIZE, verbose=0, callbacks=[ticks])
    figures = ticks.clock.figures() | {
        "library": f"keras_hub {keras_hub.__version__}, keras {keras.__version__}",
        "backend": keras.backend.backend(),
        "jit_compile": bool(model.jit_compile),
        "padded_to": sorted(set(lengths)),
    }
    if steps is None:
        model.preprocessor = preprocessor
        predicted = model.predict(dev_texts, batch_size=BATCH_SIZE, verbose=0).argmax(-1)
        figures["dev_accuracy"] = float(np.mean(predicted == dev_labels))
    return figures


def run_transformers(steps: int | None = None, seed: int = 0, **options: Any) -> Figures:
    """Trains in a fresh process; options: setting, threads, data. Without steps: epoch and dev."""
    options |= {"library": "transformers", "steps": steps, "seed": seed}
    return run_in_fresh_process(__file__, **options)


def run_keras_hub(backend: str, steps: int | None = None, seed: int = 0, **options: Any) -> Figures:
    """Trains in a fresh process; options: setting, jit, threads, data."""
    options |= {"library": "keras_hub", "backend": backend, "steps": steps, "seed": seed}
    return run_in_fresh_process(__file__, **options)


def run_in_fresh_process(script: str, **options: Any) -> Figures:
    """Runs a script with the options and reads its figures."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "figures.json"
        command = [sys.executable, script, "--output", str(output)]
        for name, value in options.items():
            if value is True:
                command.append(f"--{name}")
            elif value is not None and value is not False:
                command += [f"--{name}", str(value)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-4000:]}")
        return json.loads(output.read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--library", choices=("transformers", "keras_hub"), required=True)
    parser.add_argument("--backend", choices=("tensorflow", "jax", "torch"), default="jax")
    parser.add_argument(
        "--setting", default="default", help="default, bucket, or KerasHub's length"
    )
    parser.add_argument("--paired", action="store_true", help="transformers: see sst2_paired.py")
    parser.add_argument("--jit", choices=("auto", "on", "off"), default="auto", help="KerasHub's")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--steps", type=int, help="stop early; without it: an epoch, then dev")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--output", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    # TensorFlow and JAX size their thread pools by the cores that the process may use.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    os.environ |= {
        "OMP_NUM_THREADS": str(options.threads),
        # A paired run with transformers takes its batches from kerabert.
        "KERAS_BACKEND": "torch" if options.library == "transformers" else options.backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    arguments = (options.data, options.steps, options.seed, options.setting)
    if options.library == "transformers":
        figures = train_transformers(*arguments, options.paired)
    else:
        figures = train_keras_hub(*arguments, options.jit)
    figures |= {name: getattr(options, name) for name in ("setting", "seed", "threads", "paired")}
    text = json.dumps(figures, indent=2)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
