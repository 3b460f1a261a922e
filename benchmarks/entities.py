"""Entities from MiniLM with kerabert, and the same recipe with transformers and seqeval.

The recipe is the same for both: batches of 32 of like length in an order given by the seed, AdamW
with weight decay 0.01 (none on biases and layer normalisation), betas 0.9 and 0.999, epsilon 1e-6,
a learning rate that rises to 3e-4 over the first tenth of the steps and then falls linearly to 0,
gradients clipped to a global norm of 1, dropout 0.1 as in the checkpoint, float32; the label of a
word on its first piece; at most 128 tokens. What is trained on is fixed, so that a run takes some
three minutes on two cores: all 3,394 sentences of WNUT-17 three times, or the first 3,000 of NCBI
disease twice. The F1 is seqeval's default on the whole dev set.

    python benchmarks/entities.py --data-set wnut17 --library transformers --seed 0
    python benchmarks/entities.py --data-set wnut17 --library kerabert --backend jax --seed 0

kerabert's tags are the likeliest that follow the rules of IOB2; `f1_greedy` is of each word's
likeliest tag by itself, as transformers' are.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from sst2_recipe import (
    BATCH_SIZE,
    EPSILON,
    MAX_LENGTH,
    REPOSITORY,
    WARM_UP_SHARE,
    WEIGHT_DECAY,
    batch_order,
    minilm_directory,
    padded,
)

PEAK_LEARNING_RATE = 3e-4
# Folder, sentences to train on (None: all), epochs.
DATA_SETS = {"wnut17": ("ner_wnut17", None, 3), "ncbi": ("ner_ncbi_disease", 3000, 2)}

Figures = dict[str, Any]
Rows = list[list[str]]


def read_data(data: Path, name: str) -> tuple[Rows, Rows, Rows, Rows, int]:
    """Words and tags to train on, words and tags of dev, and the epochs."""
    from kerabert.datasets import read_conll

    folder, sentences, epochs = DATA_SETS[name]
    train = next((data / folder).glob("train.conll*"))
    words, tags = read_conll(train)
    dev_words, dev_tags = read_conll(data / folder / "dev.conll")
    return words[:sentences], tags[:sentences], dev_words, dev_tags, epochs


def score(tags: Rows, predicted: Rows) -> float:
    import seqeval.metrics

    return float(seqeval.metrics.f1_score(tags, predicted))


def train_kerabert(data: Path, name: str, seed: int, steps: int | None) -> Figures:
    """Fine-tunes with kerabert's defaults."""
    import keras

    import kerabert
    from kerabert.metrics import score_entities
    from kerabert.models.tag_decoder import TagDecoder
    from kerabert.text.tags import find_fault

    words, tags, dev_words, dev_tags, epochs = read_data(data, name)
    classes = kerabert.list_classes(tags)
    keras.utils.set_random_seed(seed)
    model = kerabert.BertTokenClassifier.from_preset(
        minilm_directory(), classes=classes, sequence_length=MAX_LENGTH
    )
    model.compile(learning_rate=PEAK_LEARNING_RATE)
    if steps is not None:
        words, tags, epochs = words[: steps * BATCH_SIZE], tags[: steps * BATCH_SIZE], 1
    begin = time.perf_counter()
    history = model.fit(words, tags, batch_size=BATCH_SIZE, epochs=epochs, verbose=2).history
    middle = time.perf_counter()
    logits = model.predict(dev_words, verbose=0)
    decode = TagDecoder(classes)
    predicted = [[classes[i] for i in decode(row)] for row in logits]  # as model.predict_tags
    end = time.perf_counter()
    greedy = [[classes[i] for i in row.argmax(1)] for row in logits]
    scores = score_entities(dev_tags, predicted)
    assert scores.f1 == score(dev_tags, predicted)
    print(scores)
    return {
        "library": f"kerabert {kerabert.__version__}, keras {keras.__version__}",
        "backend": keras.backend.backend(),
        "steps": int(model.optimizer.iterations.numpy()),
        "loss": history["loss"][-1],
        "seconds": middle - begin,
        "dev_seconds": end - middle,
        "f1": scores.f1,
        "f1_greedy": score(dev_tags, greedy),
        "rows_greedy_breaks": sum(find_fault(row, "IOB2") is not None for row in greedy),
    }


def train_transformers(data: Path, name: str, seed: int, steps: int | None) -> Figures:
    """Fine-tunes with transformers and a plain PyTorch loop."""
    import torch
    import transformers

    words, tags, dev_words, dev_tags, epochs = read_data(data, name)
    classes = sorted({tag for row in tags for tag in row})
    if steps is not None:
        words, tags, epochs = words[: steps * BATCH_SIZE], tags[: steps * BATCH_SIZE], 1
    torch.manual_seed(seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm_directory())
    model = transformers.AutoModelForTokenClassification.from_pretrained(
        minilm_directory(), num_labels=len(classes), dtype=torch.float32
    )

    def encode(rows: Rows) -> tuple[list[list[int]], list[list[int | None]]]:
        """Token ids, and at the first piece of each word its number, else None."""
        found = tokenizer(rows, is_split_into_words=True, truncation=True, max_length=MAX_LENGTH)
        firsts = []
        for row in range(len(rows)):
            numbers = found.word_ids(row)
            firsts.append([w if w not in numbers[:i] else None for i, w in enumerate(numbers)])
        return found["input_ids"], firsts

    def logits_of(ids: list[list[int]], rows: np.ndarray) -> Any:
        token_ids, mask = padded(ids, rows, max(len(ids[row]) for row in rows))
        return model(
            input_ids=torch.from_numpy(token_ids).long(),
            attention_mask=torch.from_numpy(mask).long(),
        ).logits

    ids, firsts = encode(words)
    labels = [
        [-100 if w is None else classes.index(tags[row][w]) for w in numbers]
        for row, numbers in enumerate(firsts)
    ]
    lengths = [len(row) for row in ids]
    num_steps = epochs * -(-len(ids) // BATCH_SIZE)
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in model.parameters() if p.ndim > 1]},
            {"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0},
        ],
        lr=PEAK_LEARNING_RATE,
        betas=(0.9, 0.999),
        eps=EPSILON,
        weight_decay=WEIGHT_DECAY,
    )
    schedule = transformers.get_linear_schedule_with_warmup(
        optimizer, int(WARM_UP_SHARE * num_steps), num_steps
    )
    model.train()
    begin = time.perf_counter()
    for epoch in range(epochs):
        losses = []
        for rows in batch_order(lengths, 1000 * seed + epoch, bucket=True):
            logits = logits_of(ids, rows)
            targets = np.full(logits.shape[:2], -100)
            for i, row in enumerate(rows):
                targets[i, : len(labels[row])] = labels[row]
            loss = torch.nn.functional.cross_entropy(
                logits.transpose(1, 2), torch.from_numpy(targets).long()
            )
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(float(loss.detach()))
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
    middle = time.perf_counter()
    model.eval()
    dev_ids, dev_firsts = encode(dev_words)
    predicted = [["O"] * len(row) for row in dev_words]
    order = np.argsort([len(row) for row in dev_ids], kind="stable")
    with torch.no_grad():
        for start in range(0, len(order), BATCH_SIZE):
            rows = order[start : start + BATCH_SIZE]
            for row, found in zip(rows, logits_of(dev_ids, rows).argmax(-1).numpy(), strict=True):
                for word, number in zip(dev_firsts[row], found, strict=False):
                    if word is not None:
                        predicted[row][word] = classes[number]
    return {
        "library": f"transformers {transformers.__version__}, torch {torch.__version__}",
        "steps": num_steps,
        "loss": float(np.mean(losses)),
        "seconds": middle - begin,
        "dev_seconds": time.perf_counter() - middle,
        "f1": score(dev_tags, predicted),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-set", choices=sorted(DATA_SETS), default="wnut17")
    parser.add_argument("--library", choices=["kerabert", "transformers"], default="kerabert")
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"], default="jax")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="a short run of one epoch; default: in full")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--output", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    os.environ["KERAS_BACKEND"] = "torch" if options.library != "kerabert" else options.backend
    train = train_kerabert if options.library == "kerabert" else train_transformers
    figures = train(options.data, options.data_set, options.seed, options.steps)
    figures |= {"data_set": options.data_set, "seed": options.seed}
    text = json.dumps(figures, indent=1)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
