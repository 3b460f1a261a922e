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

`--library transformers` is sentence-transformers on PyTorch.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from peer_recipe import (
    Figures,
    describe_kerabert,
    find_epochs,
    find_rate,
    fine_tune,
    preset_directory,
    read_options,
    write_figures,
)
from sst2_recipe import BATCH_SIZE, MAX_LENGTH, without_dropout

EPOCHS = 2

Pairs = tuple[list[str], list[str]]
Embed = Callable[[list[str]], np.ndarray]


def read_stsb(data: Path, split: str) -> tuple[Pairs, np.ndarray]:
    """Pairs of sentences, and how alike they are, in 0..1."""
    lines = (data / "stsb_en" / f"{split}.tsv").read_text(encoding="utf-8").split("\n")[1:]
    rows = [line.split("\t") for line in lines if line]
    scores = np.array([float(row[2]) for row in rows], "float32") / 5
    return ([row[0] for row in rows], [row[1] for row in rows]), scores


def correlate(embed: Embed, pairs: Pairs, scores: np.ndarray) -> tuple[float, float]:
    """Pearson's and Spearman's correlation of the cosines of pairs with their scores."""
    import scipy.stats

    one, other = (embed(texts) for texts in pairs)
    cosines = (one * other).sum(axis=1) / np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return (
        100 * float(scipy.stats.pearsonr(cosines, scores).statistic),
        100 * float(scipy.stats.spearmanr(cosines, scores).statistic),
    )


def save_directory(preset: str, folder: str) -> Path:
    """Write the directory that both libraries open."""
    import kerabert

    model = kerabert.BertTextEmbedder.from_preset(
        preset_directory(preset), sequence_length=MAX_LENGTH
    )
    model = without_dropout(model)
    model.save_to_preset(Path(folder) / "preset")
    return Path(folder) / "preset"


def run_kerabert(directory: Path, options: Any) -> Figures:
    """kerabert's own defaults."""
    import keras

    import kerabert

    model = kerabert.BertTextEmbedder.from_preset(directory)
    (pairs, scores), (test_pairs, test_scores) = (
        read_stsb(options.data, split) for split in ("train", "test")
    )
    epochs = find_epochs(options, EPOCHS)
    if options.steps is not None:
        rows = options.steps * BATCH_SIZE
        pairs, scores = (pairs[0][:rows], pairs[1][:rows]), scores[:rows]
    before = correlate(model.embed, test_pairs, test_scores)
    keras.utils.set_random_seed(options.seed)
    model.compile(loss="cosine_regression", learning_rate=find_rate(options, 5e-5), metrics=[])
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
    (pairs, scores), (test_pairs, test_scores) = (
        read_stsb(options.data, split) for split in ("train", "test")
    )
    epochs = find_epochs(options, EPOCHS)
    if options.steps is not None:
        rows = options.steps * BATCH_SIZE
        pairs, scores = (pairs[0][:rows], pairs[1][:rows]), scores[:rows]
    before = correlate(model.encode, test_pairs, test_scores)
    loss = CosineSimilarityLoss(model)

    def loss_of(rows: np.ndarray, _: int) -> Any:
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
        learning_rate=find_rate(options, 5e-5),
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
    options = read_options(__doc__ or "", ["stsb"])
    run = run_kerabert if options.library == "kerabert" else run_peer
    with tempfile.TemporaryDirectory() as folder:
        write_figures(options, run(save_directory(options.preset, folder), options))


if __name__ == "__main__":
    main()
