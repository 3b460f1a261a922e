"""What pretraining reads: how much of it is padding, and how fast it comes on one core.

    python benchmarks/pretraining_input.py      # a table: padded and packed, with pairs and without

A vocabulary of 8,000 pieces is trained on the first 4,000 documents of each text, and all documents
become shards in a temporary folder; with `--folder` they stay, and the next run finds them. Each
line of the table is a whole epoch of `PretrainingBatches`, every batch once, in this one thread.
Real tokens are those that are no padding. A second is one in which shards are read, examples drawn
and rows planned (`draw`), or tokens masked and batches put together (`mask`).
"""

import argparse
import itertools
import tempfile
import time
from pathlib import Path

import numpy as np

import kerabert
from kerabert.corpora import DocumentReader, PretrainingBatches, build_shards

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY.parent / "shared" / "data" / "text"


def main() -> None:
    """Read the command line, make the shards, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="a folder of plain texts")
    parser.add_argument(
        "--texts", nargs="+", default=["wikinews_en.txt.gz", "medquad_health.txt.gz"]
    )
    parser.add_argument("--lengths", nargs="+", type=int, default=[128, 512])
    parser.add_argument("--batch-tokens", type=int, default=4096, help="a batch, with padding")
    parser.add_argument("--whole-words", action="store_true", help="mask whole words")
    parser.add_argument("--folder", type=Path, help="where vocabulary and shards stay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        tokenizer = make_shards(folder, options.data, options.texts)
        masker = kerabert.TokenMasker.from_tokenizer(tokenizer, whole_words=options.whole_words)
        print("| text | length | pairs | rows | padding | examples/row | tokens/s | draw | mask |")
        print("|---|---|---|---|---|---|---|---|---|")
        for name, length, pairs, pack in itertools.product(
            options.texts, options.lengths, ("next", None), (False, True)
        ):
            batches = PretrainingBatches(
                folder / name,
                tokenizer,
                sequence_length=length,
                batch_size=options.batch_tokens // length,
                steps_per_epoch=2**31,
                pairs=pairs,
                masker=masker,
                pack=pack,
            )
            kind = "packed" if pack else "padded"
            print(f"| {name} | {length} | {pairs} | {kind} | {measure(batches)} |", flush=True)


def make_shards(folder: Path, data: Path, names: list[str]) -> kerabert.BertTokenizer:
    """Train the vocabulary and build the shards that are not there; return the tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "vocab.txt"
    if not path.exists():
        texts = (
            document.text
            for name in names
            for document in itertools.islice(DocumentReader(data / name), 4000)
        )
        path.write_text("\n".join(kerabert.train_vocabulary(texts, 8000)) + "\n", encoding="utf-8")
    tokenizer = kerabert.BertTokenizer(path)
    for name in names:
        if not (folder / name).exists():
            built = build_shards(DocumentReader(data / name), folder / name, tokenizer)
            print(f"{name}: {built.num_documents:,} documents, {built.num_tokens:,} tokens\n")
    return tokenizer


def measure(batches: PretrainingBatches) -> str:
    """Go through an epoch, and return the cells of a line."""
    real = total = examples = rows = 0
    drawing = composing = 0.0
    for step in itertools.count():
        begin = time.perf_counter()
        batches.place_of(step + 1)  # draws the pool, if it is a new one
        drawn = time.perf_counter()
        if batches.place_of(step)[0] > 0:
            break
        x, _, _ = batches[step]
        drawing += drawn - begin
        composing += time.perf_counter() - drawn
        real += np.count_nonzero(x["token_ids"])
        total += x["token_ids"].size
        rows += len(x["token_ids"])
        is_packed = "example_ids" in x
        examples += x["example_ids"].max(axis=1).sum() if is_packed else len(x["token_ids"])
    cells = [
        f"{1 - real / total:.1%}",
        f"{examples / rows:.2f}",
        f"{real / (drawing + composing):,.0f}",
        f"{drawing:.2f} s",
        f"{composing:.2f} s",
    ]
    return " | ".join(cells)


if __name__ == "__main__":
    main()
