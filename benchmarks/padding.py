"""How much padding moves the outputs, beside how far float32 is from the true values anyway.

    python benchmarks/padding.py                    # a table: transformers, kerabert a backend each

62 sentences of 8 to 90 tokens from the dev files of SST-2 and RTE, and the first of them cut to 3
and 5 tokens; MiniLM's weights. The truth is what transformers computes of them in float64. A figure
is the largest absolute difference among all their tokens (sequence_output) or texts
(pooled_output):

- alone, off the truth: each sentence by itself, without padding, beside the truth;
- alone to 256: the same beside the sentences in one batch, padded to 256 tokens;
- 99 to 256: the batch padded to 99 tokens beside the batch padded to 256;
- 4 to 64: the first four in a batch, padded to 64, beside the same among all, padded to 256.
"""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sst2_peers import run_in_fresh_process
from sst2_recipe import REPOSITORY, Figures, minilm_directory, padded

LIBRARIES = ("transformers", "tensorflow", "jax", "torch")
OUTPUTS = ("sequence_output", "pooled_output")
Outputs = list[np.ndarray]
Compute = Callable[[np.ndarray, np.ndarray], Outputs]


def read_rows(data: Path) -> list[list[int]]:
    """64 texts as token ids, with [CLS] and [SEP]: two very short ones, then sentences."""
    import kerabert

    texts = []
    for name, number in (("sst2", 32), ("rte", 80)):
        lines = (data / name / "dev.tsv").read_text(encoding="utf-8").splitlines()[1 : number + 1]
        texts += [line.split("\t")[0] for line in lines]
    tokenizer = kerabert.BertTokenizer.from_preset(minilm_directory())
    rows = [[tokenizer.start_id, *ids, tokenizer.separator_id] for ids in tokenizer(texts)]
    rows = [row for row in rows if len(row) < 100][:62]
    return [[*rows[0][:2], rows[0][-1]], [*rows[0][:4], rows[0][-1]], *rows]


def load_transformers(double: bool) -> Compute:
    import torch
    import transformers

    model = transformers.AutoModel.from_pretrained(minilm_directory()).eval()
    model = model.double() if double else model.float()

    def compute(token_ids: np.ndarray, mask: np.ndarray) -> Outputs:
        with torch.no_grad():
            outputs = model(torch.from_numpy(token_ids).long(), torch.from_numpy(mask).long())
        return [outputs.last_hidden_state.numpy(), outputs.pooler_output.numpy()]

    return compute


def load_kerabert() -> Compute:
    import kerabert

    backbone = kerabert.BertBackbone.from_preset(minilm_directory())

    def compute(token_ids: np.ndarray, mask: np.ndarray) -> Outputs:
        x = {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids)}
        outputs = backbone.predict_on_batch(x | {"padding_mask": mask.astype(bool)})
        return [outputs[name] for name in OUTPUTS]

    return compute


def compute_rows(compute: Compute, rows: list[list[int]], length: int | None) -> Outputs:
    """The outputs of all tokens and of all sentences: alone, or in a batch padded to a length."""
    if length is None:
        each = [compute(*padded(rows, np.array([i]), len(row))) for i, row in enumerate(rows)]
        sequence, pooled = [s[0] for s, _ in each], [p[0] for _, p in each]
    else:
        sequence, pooled = compute(*padded(rows, np.arange(len(rows)), length))
    tokens = [values[: len(row)] for values, row in zip(sequence, rows, strict=True)]
    return [np.concatenate(tokens).astype("float64"), np.stack(pooled).astype("float64")]


def measure(compute: Compute, rows: list[list[int]]) -> Figures:
    truth = compute_rows(load_transformers(double=True), rows, None)
    alone, at_99, at_256 = (compute_rows(compute, rows, length) for length in (None, 99, 256))
    few = compute_rows(compute, rows[:4], 64)
    among_all = [values[: len(some)] for values, some in zip(at_256, few, strict=True)]
    nothing = [np.zeros_like(values) for values in truth]

    def difference(one: Outputs, other: Outputs) -> dict[str, float]:
        values = zip(OUTPUTS, one, other, strict=True)
        return {name: float(np.abs(a - b).max()) for name, a, b in values}

    return {
        "largest value": difference(truth, nothing),
        "alone, off the truth": difference(alone, truth),
        "alone to 256": difference(alone, at_256),
        "99 to 256": difference(at_99, at_256),
        "4 to 64": difference(few, among_all),
    }


def print_table(data: Path, libraries: list[str]) -> None:
    names = ("largest value", "alone, off the truth", "alone to 256", "99 to 256", "4 to 64")
    print(f"| | output | {' | '.join(names)} |")
    print("|---|---|" + "---|" * len(names))
    for library in libraries:
        figures: Any = run_in_fresh_process(__file__, library=library, data=data)
        name = library if library == "transformers" else f"kerabert on {library}"
        for output in OUTPUTS:
            largest, *rest = (values[output] for values in figures.values())
            cells = " | ".join(f"{value:.1e}" for value in rest)
            print(f"| {name} | {output} | {largest:.2f} | {cells} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=list(LIBRARIES))
    parser.add_argument("--library", choices=LIBRARIES, help="this one alone, figures as JSON")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--output", type=Path, help="a JSON file for the figures of --library")
    options = parser.parse_args()
    if options.library is None:
        print_table(options.data, options.libraries)
        return
    is_peer = options.library == "transformers"
    os.environ["KERAS_BACKEND"] = "torch" if is_peer else options.library
    compute = load_transformers(double=False) if is_peer else load_kerabert()
    text = json.dumps(measure(compute, read_rows(options.data)), indent=2)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
