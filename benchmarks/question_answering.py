"""Questions answered from a preset with kerabert, and the same recipe with transformers.

The recipe of `peer_recipe.py`, the same for both: windows of at most 384 tokens that have 128 in
common, questions of at most 64 and answers of at most 30 pieces; batches of 16, a peak rate of 3e-4
from MiniLM. What is trained on is fixed, so that a run takes some three minutes on two cores:

- v1: every 10th question of the 44 articles of SQuAD 1.1's training set (1,188), once; tested on
  every 25th question of its dev set (376).
- v2: every 3rd question of the first 12 of the 16 articles of the half of SQuAD 2.0's dev set
  (1,300), once; tested on every 3rd of the last 4 (483). Half of them have no answer.

Scores are SQuAD's own: `benchmarks/answer_scores.py` compares them with other implementations.

    python benchmarks/question_answering.py --data-set v1 --library transformers --seed 0
    python benchmarks/question_answering.py --data-set v1 --library kerabert --backend jax --seed 0
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

MINILM_RATE = 3e-4
BATCH_SIZE = 16
LENGTH, STRIDE, QUESTION_LENGTH, ANSWER_LENGTH = 384, 128, 64, 30

Data = tuple[list[str], list[str], list[Any]]


def read_data(data: Path, name: str, steps: int | None) -> tuple[Data, Data]:
    """Questions, contexts and answers to train on, and to test on."""
    from kerabert.datasets import read_squad

    def every(read: Any, step: int, rows: range | None = None) -> Data:
        numbers = list(rows or range(len(read.questions)))[::step]
        return tuple([part[i] for i in numbers] for part in read[:3])  # type: ignore[return-value]

    if name == "v1":
        train = every(read_squad(data / "squad" / "train-v1.1-44articles.json.gz"), 10)
        dev = every(read_squad(data / "squad" / "dev-v1.1.json.gz"), 25)
    else:
        read = read_squad(data / "squad" / "dev-v2.0-half.json.gz")
        cut = 3900  # questions of the first 12 articles
        train, dev = every(read, 3, range(cut)), every(read, 3, range(cut, len(read.questions)))
    if steps is not None:
        train = tuple(part[: steps * BATCH_SIZE] for part in train)  # type: ignore[assignment]
        dev = tuple(part[: 2 * BATCH_SIZE] for part in dev)  # type: ignore[assignment]
    return train, dev


def figures_of(texts: list[str], no_answer: Any, dev: Data, name: str) -> Figures:
    """Exact match and F1 in percent; of v2 with a threshold of 0 and with the best one."""
    from kerabert.metrics import find_best_threshold, score_answers

    answers = [[text for text, _ in row or []] for row in dev[2]]
    if name == "v1":
        scores = score_answers(texts, answers, version="1.1")
        print(scores)
        return {"exact_match": 100 * scores.exact_match, "f1": 100 * scores.f1}
    no_answer = np.asarray(no_answer)
    given = [None if margin > 0 else text for text, margin in zip(texts, no_answer, strict=True)]
    scores = score_answers(given, answers)
    print(scores)
    figures: Figures = {"exact_match": 100 * scores.exact_match, "f1": 100 * scores.f1}
    scores = score_answers(texts, answers)
    is_answered = np.ones(len(texts), bool)
    for key, values in (("exact_match", scores.exact), ("f1", scores.overlap)):
        best, threshold = find_best_threshold(values, scores.has_answer, is_answered, no_answer)
        figures |= {f"best_{key}": 100 * best, f"best_{key}_threshold": threshold}
    return figures | {"all_unanswered": 100 * float(np.mean(~scores.has_answer))}


def train_kerabert(directory: Path, train: Data, dev: Data, options: Any) -> Figures:
    """Fine-tunes with kerabert's defaults."""
    import keras

    import kerabert
    from kerabert.models.answer_predictions import AnswerPredictions

    model = kerabert.BertQuestionAnswerer.from_preset(
        directory,
        sequence_length=LENGTH,
        stride=STRIDE,
        max_question_length=QUESTION_LENGTH,
        max_answer_length=ANSWER_LENGTH,
    )
    keras.utils.set_random_seed(options.seed)
    model.compile(learning_rate=find_rate(options, MINILM_RATE))
    epochs = find_epochs(options, 1)
    begin = time.perf_counter()
    history = model.fit(
        train[:2], train[2], batch_size=BATCH_SIZE, epochs=epochs, verbose=2
    ).history
    middle = time.perf_counter()
    found = AnswerPredictions(model, dev[:2], BATCH_SIZE)  # what `answer` gives to people
    end = time.perf_counter()
    return {
        **describe_kerabert(),
        "steps": int(model.optimizer.iterations.numpy()),
        "loss": history["loss"][-1],
        "seconds": middle - begin,
        "dev_seconds": end - middle,
        **figures_of(found.texts, found.no_answer_scores, dev, options.data_set),
    }


def encode(tokenizer: Any, data: Data) -> Any:
    """Windows of each context behind its question."""
    return tokenizer(
        [question.strip() for question in data[0]],
        data[1],
        truncation="only_second",
        max_length=LENGTH,
        stride=STRIDE,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )


def logits_of(model: Any, windows: Any, rows: Any, length: int = 0) -> Any:
    """Logits of the first and the last token, the windows padded to the longest or to `length`."""
    import torch

    longest = max(length, *(len(windows["input_ids"][i]) for i in rows))
    arrays = np.zeros((3, len(rows), longest), "int64")
    for place, i in enumerate(rows):
        for array, key in zip(
            arrays, ("input_ids", "token_type_ids", "attention_mask"), strict=True
        ):
            array[place, : len(windows[key][i])] = windows[key][i]
    ids, segments, mask = map(torch.from_numpy, arrays)
    outputs = model(input_ids=ids, token_type_ids=segments, attention_mask=mask)
    return outputs.start_logits, outputs.end_logits


def find_answers(
    model: Any, tokenizer: Any, data: Data, batch_size: int, pad: bool = False
) -> tuple[list[str], np.ndarray]:
    """The best answer to each question, and by how much no answer scores above it.

    Windows are read by length, or as they come, all padded to 384 tokens.
    """
    import torch

    windows = encode(tokenizer, data)
    best = [(-np.inf, "")] * len(data[0])
    none = np.full(len(data[0]), np.inf)
    order = np.argsort([-len(row) for row in windows["input_ids"]], kind="stable")
    if pad:
        order = np.arange(len(order))
    with torch.no_grad():
        for begin in range(0, len(order), batch_size):
            rows = order[begin : begin + batch_size].tolist()
            logits = logits_of(model, windows, rows, LENGTH if pad else 0)
            for i, start, end in zip(rows, *(values.numpy() for values in logits), strict=True):
                row = windows["overflow_to_sample_mapping"][i]
                none[row] = min(none[row], start[0] + end[0])
                inside = [place == 1 for place in windows.sequence_ids(i)]
                offsets = windows["offset_mapping"][i]
                # The 20 best beginnings with the 20 best ends, as in BERT's own evaluation.
                for first in np.argsort(-start)[:20]:
                    for last in np.argsort(-end)[:20]:
                        if not first <= last < min(first + ANSWER_LENGTH, len(inside)):
                            continue
                        score = start[first] + end[last]
                        if inside[first] and inside[last] and score > best[row][0]:
                            text = data[1][row][offsets[first][0] : offsets[last][1]]
                            best[row] = (score, text)
    scores, texts = zip(*best, strict=True)
    return list(texts), none - np.array(scores)


def train_transformers(directory: Path, train: Data, dev: Data, options: Any) -> Figures:
    """Fine-tunes with transformers and a plain PyTorch loop."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(
        directory, dtype=torch.float32
    )

    def label(windows: Any, data: Data) -> list[tuple[int, int]]:
        """The first and the last token of each window's answer; [CLS] where it is not whole."""
        labels = []
        for i, row in enumerate(windows["overflow_to_sample_mapping"]):
            labels.append((0, 0))
            if data[2][row] is None:
                continue
            text, start = data[2][row][0]
            first = windows.char_to_token(i, start, sequence_index=1)
            last = windows.char_to_token(i, start + len(text) - 1, sequence_index=1)
            if first is not None and last is not None:
                labels[-1] = (first, last)
        return labels

    windows = encode(tokenizer, train)
    labels = torch.tensor(label(windows, train))

    def loss_of(rows: np.ndarray, length: int) -> Any:
        targets = labels[torch.from_numpy(rows)]
        # Padding takes part in the softmax, so that its length matters.
        start, end = logits_of(model, windows, rows.tolist(), length)
        return 0.5 * sum(
            torch.nn.functional.cross_entropy(values, targets[:, side])
            for side, values in enumerate((start, end))
        )

    begin = time.perf_counter()
    steps, loss = fine_tune(
        model,
        [len(row) for row in windows["input_ids"]],
        loss_of,
        learning_rate=find_rate(options, MINILM_RATE),
        epochs=find_epochs(options, 1),
        seed=options.seed,
        batch_size=BATCH_SIZE,
        ceiling=LENGTH,
    )
    middle = time.perf_counter()
    texts, no_answer = find_answers(model, tokenizer, dev, BATCH_SIZE)
    return {
        **describe_transformers(),
        "steps": steps,
        "loss": loss,
        "seconds": middle - begin,
        "dev_seconds": time.perf_counter() - middle,
        **figures_of(texts, no_answer, dev, options.data_set),
    }


def main() -> None:
    options = read_options(__doc__, ["v1", "v2"])
    run = train_kerabert if options.library == "kerabert" else train_transformers
    train, dev = read_data(options.data, options.data_set, options.steps)
    print(f"{len(train[0])} questions to train on, {len(dev[0])} to test on")
    import kerabert

    task = kerabert.BertQuestionAnswerer
    start = start_directory(preset_directory(options.preset), task, options)
    write_figures(options, run(start, train, dev, options))


if __name__ == "__main__":
    main()
