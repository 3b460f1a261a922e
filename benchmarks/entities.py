"""Entities from a preset with kerabert, and the same recipe with transformers and seqeval.

The recipe of `peer_recipe.py`, the same for both: batches of 32, at most 128 tokens, a peak rate of
3e-4 from MiniLM and the label of a word on its first piece. What is trained on is fixed
(`DATA_SETS`), so that a run takes at most some three minutes on two cores. The F1 is seqeval's
default on the dev set, of BC5CDR on its first 1,009 sentences.

    python benchmarks/entities.py --data-set wnut17 --library transformers --seed 0
    python benchmarks/entities.py --data-set wnut17 --library kerabert --backend jax --seed 0

kerabert's tags are the likeliest that follow the rules of IOB2; `f1_greedy` is of each word's
likeliest tag by itself, as transformers' are. Resume is Chinese, tagged by character: the preset's
vocabulary is extended by those that it does not know (`chinese.py`), the same model for both.
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
from sst2_recipe import BATCH_SIZE, MAX_LENGTH, padded

MINILM_RATE = 3e-4
# Folder, sentences to train on (None: all), epochs.
DATA_SETS: dict[str, Any] = {
    "wnut17": ("ner_wnut17", None, 3),
    "ncbi": ("ner_ncbi_disease", 3000, 2),
    "bc5cdr": ("ner_bc5cdr", 3000, 2),
    "resume_zh": ("ner_resume_zh", None, 2),
}
MAX_DEV = 1009

Rows = list[list[str]]


def read_data(options: Any, directory: Path) -> tuple[Rows, Rows, Rows, Rows, int]:
    """Words and tags to train on, words and tags of dev, and the epochs.

    A few sentences are longer than the model reads: kerabert would train on windows of them, the
    peer cuts them. They are left out.
    """
    import kerabert
    from kerabert.datasets import read_conll

    (folder, sentences, epochs), steps = DATA_SETS[options.data_set], options.steps
    epochs = find_epochs(options, epochs)
    paths = (options.data / folder).glob
    train, dev = (next(paths(f"{part}.conll*")) for part in ("train", "dev"))
    tokenizer = kerabert.BertTokenizer.from_preset(directory)
    rows = zip(*read_conll(train), strict=True)
    fitting = [row for row in rows if sum(map(len, tokenizer(row[0]))) <= MAX_LENGTH - 2]
    words, tags = ([row[i] for row in fitting] for i in range(2))
    dev_words, dev_tags = read_conll(dev)
    if steps is not None:
        sentences = steps * BATCH_SIZE
    return words[:sentences], tags[:sentences], dev_words[:MAX_DEV], dev_tags[:MAX_DEV], epochs


def score(tags: Rows, predicted: Rows) -> float:
    import seqeval.metrics

    return 100 * float(seqeval.metrics.f1_score(tags, predicted))


def train_kerabert(directory: Path, options: Any) -> Figures:
    """Fine-tunes with kerabert's defaults."""
    import keras

    import kerabert
    from kerabert.metrics import score_entities
    from kerabert.models.tag_decoder import TagDecoder
    from kerabert.text.tags import find_fault

    words, tags, dev_words, dev_tags, epochs = read_data(options, directory)
    classes = kerabert.list_classes(tags)
    model = kerabert.BertTokenClassifier.from_preset(directory, sequence_length=MAX_LENGTH)
    keras.utils.set_random_seed(options.seed)
    model.compile(learning_rate=find_rate(options, MINILM_RATE))
    begin = time.perf_counter()
    history = model.fit(words, tags, batch_size=BATCH_SIZE, epochs=epochs, verbose=2).history
    middle = time.perf_counter()
    logits = model.predict(dev_words, verbose=0)
    decode = TagDecoder(classes)
    predicted = [[classes[i] for i in decode(row)] for row in logits]  # as model.predict_tags
    end = time.perf_counter()
    greedy = [[classes[i] for i in row.argmax(1)] for row in logits]
    scores = score_entities(dev_tags, predicted)
    assert 100 * scores.f1 == score(dev_tags, predicted)
    print(scores)
    return {
        **describe_kerabert(),
        "steps": int(model.optimizer.iterations.numpy()),
        "loss": history["loss"][-1],
        "seconds": middle - begin,
        "dev_seconds": end - middle,
        "f1": 100 * scores.f1,
        "f1_greedy": score(dev_tags, greedy),
        "rows_greedy_breaks": sum(find_fault(row, "IOB2") is not None for row in greedy),
    }


def train_transformers(directory: Path, options: Any) -> Figures:
    """Fine-tunes with transformers and a plain PyTorch loop."""
    import torch
    import transformers

    words, tags, dev_words, dev_tags, epochs = read_data(options, directory)
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model = transformers.AutoModelForTokenClassification.from_pretrained(
        directory, dtype=torch.float32
    )
    classes = [model.config.id2label[i] for i in range(model.config.num_labels)]

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

    def loss_of(rows: np.ndarray, _: int) -> Any:
        logits = logits_of(ids, rows)
        targets = np.full(logits.shape[:2], -100)
        for i, row in enumerate(rows):
            targets[i, : len(labels[row])] = labels[row]
        return torch.nn.functional.cross_entropy(
            logits.transpose(1, 2), torch.from_numpy(targets).long()
        )

    begin = time.perf_counter()
    steps, loss = fine_tune(
        model,
        [len(row) for row in ids],
        loss_of,
        learning_rate=find_rate(options, MINILM_RATE),
        epochs=epochs,
        seed=options.seed,
        batch_size=BATCH_SIZE,
        ceiling=MAX_LENGTH,
    )
    middle = time.perf_counter()
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
        **describe_transformers(),
        "steps": steps,
        "loss": loss,
        "seconds": middle - begin,
        "dev_seconds": time.perf_counter() - middle,
        "f1_greedy": score(dev_tags, predicted),
    }


def main() -> None:
    options = read_options(__doc__, list(DATA_SETS))
    directory = preset_directory(options.preset)
    if options.data_set == "resume_zh":
        from chinese import extended_preset

        words = read_data(options, directory)[0]
        directory = extended_preset(directory, [" ".join(row) for row in words])
    import kerabert

    classes = kerabert.list_classes(read_data(options, directory)[1])
    task = kerabert.BertTokenClassifier
    start = start_directory(directory, task, options, classes=classes)
    train = train_kerabert if options.library == "kerabert" else train_transformers
    write_figures(options, train(start, options))


if __name__ == "__main__":
    main()
