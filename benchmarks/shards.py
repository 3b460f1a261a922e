"""How fast a corpus becomes pretraining data, and in how much memory, beside Google's way.

    python benchmarks/shards.py                     # a table: kerabert, and Google's way, 1 copy
    python benchmarks/shards.py --copies 1 10       # and with its ten masked copies
    python benchmarks/shards.py --run kerabert      # one of them once, as JSON

Google's way is that of `create_pretraining_data.py` in google-research/bert, written anew from its
description, with Hugging Face's fast tokeniser: one process holds all documents in memory, cuts
them into pairs, masks them, as many copies as asked, shuffles all, and writes tf.train.Examples.
kerabert writes tokenised documents once, with as many processes as there are cores; pairs and
masks are drawn when training reads them, which the row "drawn" times for one pass in one process.

Each run is a process of its own. In a repeat every one runs once, one after another, so that a busy
moment of the machine touches all alike; ratios are taken within a repeat. Seconds are those from
the first byte read to the last byte written, without imports; CPU seconds those of all processes
and threads; the peak is the largest sum of what all processes held at once, pages that they share
counted for each, and "before" what the one had that had imported all and done nothing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from process_memory import stopped, watched
from shards_google import LENGTH, run_google
from tokenizer import minilm_vocabulary

from kerabert.corpora import DocumentReader, PretrainingBatches, build_shards
from kerabert.text import BertTokenizer

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY.parent / "shared" / "data" / "text" / "english_novels.txt.gz"


def main() -> None:
    """Read the command line, and print a table or one run's JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, default=DATA, help="a text file, .gz or not")
    parser.add_argument("--vocabulary", type=Path, help="vocab.txt; by default MiniLM's")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--copies", type=int, nargs="+", default=[1])
    parser.add_argument("--run", choices=["kerabert", "google"])
    arguments = parser.parse_args()
    arguments.vocabulary = arguments.vocabulary or minilm_vocabulary()
    if arguments.run:
        run = run_kerabert if arguments.run == "kerabert" else run_google
        print(json.dumps(run(arguments)))
    else:
        print_table(measure(arguments))


# === kerabert ===


def run_kerabert(arguments: argparse.Namespace) -> dict[str, Any]:
    """Build shards once, then draw the examples of one epoch from them."""
    tokenizer = BertTokenizer(arguments.vocabulary)
    with tempfile.TemporaryDirectory() as folder, watched() as facts:
        built = build_shards(
            DocumentReader(arguments.text),
            folder,
            tokenizer,
            workers=arguments.workers,
            verbose=False,
        )
        facts |= stopped(facts) | {"documents": built.num_documents, "tokens": built.num_tokens}
        begin = time.perf_counter()
        batches = PretrainingBatches(
            folder, tokenizer, LENGTH, batch_size=32, steps_per_epoch=10**9
        )
        drawn = 0
        while batches.place_of(drawn)[0] == 0:
            batches[drawn]
            drawn += 1
        facts |= {"drawn_seconds": time.perf_counter() - begin, "examples": 32 * drawn}
    return facts


# === Measuring ===


def measure(arguments: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Each run in a process of its own, one after another, again and again."""
    command = [sys.executable, __file__, "--text", str(arguments.text)]
    command += ["--vocabulary", str(arguments.vocabulary), "--workers", str(arguments.workers)]
    runs = {f"kerabert, {arguments.workers} processes": ["--run", "kerabert"]}
    for copies in arguments.copies:
        name = f"Google's way, {copies} {'copy' if copies == 1 else 'copies'}"
        runs[name] = ["--run", "google", "--copies", str(copies)]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in runs}
    for repeat in range(arguments.repeats):
        for name, options in runs.items():
            done = subprocess.run(
                [*command, *options], stdout=subprocess.PIPE, text=True, check=True
            )
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
            print(f"{repeat + 1}: {name}: {found[name][-1]}", file=sys.stderr, flush=True)
    return found


def print_table(found: dict[str, list[dict[str, Any]]]) -> None:
    """Markdown: the medians, and how many times as many documents a second kerabert has."""
    (ours, first), *_ = found.items()
    loads = [facts["load"] for runs in found.values() for facts in runs]
    print(
        f"{first[0]['documents']:,} documents, {first[0]['tokens']:,} tokens; {len(first)} repeats "
        f"on {os.cpu_count()} cores; load before the runs {min(loads):.1f} to {max(loads):.1f}\n"
    )
    print("| | seconds | documents/s | CPU s | peak, MB | before, MB | times as many documents/s |")
    print("|---|---|---|---|---|---|---|")
    for name, runs in found.items():
        middle = {
            key: statistics.median(facts[key] for facts in runs)
            for key in ("seconds", "cpu_seconds", "peak_mb", "before_mb")
        }
        rates = [facts["documents"] / facts["seconds"] for facts in runs]
        ratios = [
            theirs["seconds"] / own["seconds"]
            for own, theirs in zip(found[ours], runs, strict=True)
        ]
        ratio = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        print(
            f"| {name} | {middle['seconds']:.1f} | {statistics.median(rates):,.0f} | "
            f"{middle['cpu_seconds']:.1f} | {middle['peak_mb']:,.0f} | "
            f"{middle['before_mb']:,.0f} | "
            f"{'' if name == ours else ratio} |"
        )
    drawn = statistics.median(facts["drawn_seconds"] for facts in first)
    print(
        f"| kerabert: {first[0]['examples']:,} examples drawn, one process | {drawn:.1f} | "
        f"{first[0]['documents'] / drawn:,.0f} | | | | |"
    )


if __name__ == "__main__":
    main()
