"""Sentence vectors with kerabert, and the same with sentence-transformers.

STS-B: how well the cosines of the vectors follow what people said of 1,379 pairs of sentences
(test), as Pearson's and Spearman's correlation times 100; as the preset comes, and then fine-tuned
by cosine regression on all 5,749 pairs, scores divided by 5, two epochs in batches of 32. The
recipe is that of `peer_recipe.py`, with a peak learning rate of 5e-5 (the small preset: 1e-3).
Both libraries open one directory, which kerabert saves: the preset with mean pooling, normalised,
at most 128 tokens.

    python benchmarks/sentence_vectors.py --preset minilm --backend jax --seed 0
    python benchmarks/sentence_vectors.py --preset minilm --library transformers --seed 0
    python benchmarks/sentence_vectors.py --preset kerabert_mini_en_uncased --backend jax

Texts a second: the vectors of the 1,201 sections of clinical notes of MTS-Dialog's training set,
the shortest of one word, some 40 tokens in the mean. kerabert's `embed` as it comes; the peer's
`encode` as it comes, which sorts by length, and with the best of several sizes of batches. What is
timed is done once before, so that nothing is compiled in it; the rate is the median of three.

    python benchmarks/sentence_vectors.py --data-set throughput --backend jax
    python benchmarks/sentence_vectors.py --data-set throughput --library transformers

`--library transformers` is sentence-transformers on PyTorch.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from peer_recipe import (
    Figures,
    describe_kerabert,
    find_rate,
    fine_tune,
    preset_directory,
    read_options,
    write_figures,
)
from sst2_recipe import BATCH_SIZE, MAX_LENGTH

EPOCHS = 2
PEER_BATCH_SIZES = (8, 16, 64, 128)

Pairs = tuple[list[str], list[str]]
Embed = Callable[[list[str]], np.ndarray]


def read_stsb(data: Path, split: str) -> tuple[Pairs, np.ndarray]:
    """Pairs of sentences, and how alike they are, in 0..1."""
    lines = (data / "stsb_en" / f"{split}.tsv").read_text(encoding="utf-8").split("\n")[1:]
    rows = [line.split("\t") for line in lines if line]
    scores = np.array([float(row[2]) for row in rows], "float32") / 5
    return ([row[0] for row in rows], [row[1] for row in rows]), scores


def read_sections(data: Path) -> list[str]:
    from kerabert.datasets import read_json_lines

    path = data / "mts_dialog" / "train.jsonl.gz"
    return list(read_json_lines(path, "section_text", label_column=None)[0])


def correlate(embed: Embed, pairs: Pairs, scores: np.ndarray) -> tuple[float, float]:
    """Pearson's and Spearman's correlation of the cosines of pairs with their scores."""
    import scipy.stats

    one, other = (embed(texts) for texts in pairs)
    cosines = (one * other).sum(axis=1) / np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return (
        100 * float(scipy.stats.pearsonr(cosines, scores).statistic),
        100 * float(scipy.stats.spearmanr(cosines, scores).statistic),
    )


def measure(embed: Callable[[], Any], num_texts: int) -> float:
    """Texts a second."""
    embed()
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        embed()
        seconds.append(time.perf_counter() - begin)
    return num_texts / statistics.median(seconds)


def save_directory(preset: str, folder: str) -> Path:
    """Write the directory that both libraries open."""
    import kerabert

    model = kerabert.BertTextEmbedder.from_preset(
        preset_directory(preset), sequence_length=MAX_LENGTH
    )
    model.save_to_preset(Path(folder) / "preset")
    return Path(folder) / "preset"


def run_kerabert(directory: Path, options: Any) -> Figures:
    """kerabert's own defaults."""
    import keras

    import kerabert

    keras.utils.set_random_seed(options.seed)
    model = kerabert.BertTextEmbedder.from_preset(directory)
    if options.data_set == "throughput":
        texts = read_sections(options.data)[: options.steps and options.steps * BATCH_SIZE]
        return describe_kerabert() | {
            "texts_per_second": measure(lambda: model.embed(texts), len(texts))
        }
    (pairs, scores), (test_pairs, test_scores) = (
        read_stsb(options.data, split) for split in ("train", "test")
    )
    epochs = EPOCHS
    if options.steps is not None:
        rows, epochs = options.steps * BATCH_SIZE, 1
        pairs, scores = (pairs[0][:rows], pairs[1][:rows]), scores[:rows]
    before = correlate(model.embed, test_pairs, test_scores)
    model.compile(
        loss="cosine_regression", learning_rate=find_rate(options.preset, 5e-5), metrics=[]
    )
    begin = time.perf_counter()
    history = model.fit(pairs, scores, batch_size=BATCH_SIZE, epochs=epochs, verbose=2).history
    seconds = time.perf_counter() - begin
    after = correlate(model.embed, test_pairs, test_scores)
    return describe_kerabert() | {
        "steps": int(model.optimizer.iterations.numpy()),
        "loss": history["loss"][-1],
        "seconds": seconds,
        "zero_shot_pearson": before[0],
        "zero_shot_spearman": before[1],
        "pearson": after[0],
        "spearman": after[1],
    }


def run_peer(directory: Path, options: Any) -> Figures:
    """sentence-transformers: its model and its loss, in the recipe of the peers."""
    import sentence_transformers
    import torch
    from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss

    version = f"sentence-transformers {sentence_transformers.__version__}"
    figures: Figures = {"version": f"{version}, torch {torch.__version__}"}
    torch.manual_seed(options.seed)
    model = sentence_transformers.SentenceTransformer(str(directory), device="cpu")
    if options.data_set == "throughput":
        texts = read_sections(options.data)[: options.steps and options.steps * BATCH_SIZE]
        default = measure(lambda: model.encode(texts), len(texts))
        rates = {"default": default} | {
            str(size): measure(lambda: model.encode(texts, batch_size=size), len(texts))  # noqa: B023
            for size in PEER_BATCH_SIZES
        }
        return figures | {
            "texts_per_second": default,
            "best_texts_per_second": max(rates.values()),
            "by_batch_size": rates,
        }
    (pairs, scores), (test_pairs, test_scores) = (
        read_stsb(options.data, split) for split in ("train", "test")
    )
    epochs = EPOCHS
    if options.steps is not None:
        rows, epochs = options.steps * BATCH_SIZE, 1
        pairs, scores = (pairs[0][:rows], pairs[1][:rows]), scores[:rows]
    before = correlate(model.encode, test_pairs, test_scores)
    loss = CosineSimilarityLoss(model)

    def loss_of(rows: np.ndarray) -> Any:
        features = [model.preprocess([column[row] for row in rows]) for column in pairs]
        return loss(features, torch.from_numpy(scores[rows]))

    lengths = [
        max(len(ids) for ids in row)
        for row in zip(
            *(model.tokenizer(column, truncation=True)["input_ids"] for column in pairs),
            strict=True,
        )
    ]
    begin = time.perf_counter()
    steps, last_loss = fine_tune(
        model,
        lengths,
        loss_of,
        learning_rate=find_rate(options.preset, 5e-5),
        epochs=epochs,
        seed=options.seed,
        batch_size=BATCH_SIZE,
        ceiling=MAX_LENGTH,
    )
    seconds = time.perf_counter() - begin
    after = correlate(model.encode, test_pairs, test_scores)
    return figures | {
        "steps": steps,
        "loss": last_loss,
        "seconds": seconds,
        "zero_shot_pearson": before[0],
        "zero_shot_spearman": before[1],
        "pearson": after[0],
        "spearman": after[1],
    }


def main() -> None:
    options = read_options(__doc__ or "", ["stsb", "throughput"])
    run = run_kerabert if options.library == "kerabert" else run_peer
    with tempfile.TemporaryDirectory() as folder:
        write_figures(options, run(save_directory(options.preset, folder), options))


if __name__ == "__main__":
    main()
