"""Real weights and real sentences: what kerabert computes is what transformers computes."""

import numpy as np
import pytest

from kerabert.checkpoints.preset import load_preset
from kerabert.models.backbone import BertBackbone
from kerabert.text.tokenizer import BertTokenizer
from tests.checkpoints.presets import compute, difference_of_backbones
from tests.checks import IS_MEASURED_PROCESSOR, MINILM, SHARED_DATA, needs_minilm, needs_shared_data

pytestmark = [needs_shared_data, needs_minilm]


def read_column(name, number):
    lines = (SHARED_DATA / name).read_text().splitlines()[1:]
    return [line.split("\t")[0] for line in lines[:number]]


@pytest.fixture(scope="module")
def backbone():
    return load_preset(BertBackbone, MINILM)


@pytest.fixture(scope="module")
def rows():
    texts = read_column("sst2/dev.tsv", 32) + read_column("rte/dev.tsv", 80)
    tokenizer = load_preset(BertTokenizer, MINILM)
    rows = [[tokenizer.start_id, *ids, tokenizer.separator_id] for ids in tokenizer(texts)]
    rows = [row for row in rows if len(row) < 100][:64]
    lengths = [len(row) for row in rows]
    assert len(rows) == 64 and min(lengths) < 12 and max(lengths) > 80
    return rows


def pad(rows, length):
    ids = np.zeros((len(rows), length), "int64")
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    return ids, np.arange(length) < np.array([[len(row)] for row in rows])


def test_the_outputs_are_those_of_transformers(backbone, rows):
    import transformers

    theirs = transformers.AutoModel.from_pretrained(MINILM).eval()
    ids, mask = pad(rows, max(map(len, rows)))
    difference = difference_of_backbones(backbone, theirs, ids, mask, num_segments=1)
    print(f"largest difference from transformers: {difference:.1e}")
    assert difference < 1e-5


def test_padding_changes_nothing(backbone, rows):
    """A text alone, in a batch of texts, and padded further than any of them."""

    def compute_padded(some, length):
        ids, mask = pad(some, length)
        outputs = compute(backbone, ids, np.zeros_like(ids), mask)
        return [outputs["sequence_output"][mask], outputs["pooled_output"]]

    # From three tokens to some ninety; alone, few and many: each size may have a kernel of its own.
    some = [rows[0][:2] + rows[0][-1:], rows[0][:4] + rows[0][-1:], *rows[::8]]
    longest = max(map(len, some))
    expected = compute_padded(some, 256)
    alone = [compute_padded([row], len(row)) for row in some]
    in_all = compute_padded(some + rows, 99)
    for found in (
        [np.concatenate(values) for values in zip(*alone, strict=True)],
        compute_padded(some, longest),
        compute_padded(some, longest + 8),
        [values[: len(few)] for values, few in zip(in_all, expected, strict=True)],
    ):
        changes = [np.abs(a - b).max() for a, b in zip(found, expected, strict=True)]
        print("largest changes by padding to 256: {:.1e}, pooled {:.1e}".format(*changes))
        assert changes[1] < 1e-6
        assert changes[0] < 1e-6 * (1 if IS_MEASURED_PROCESSOR else np.abs(expected[0]).max())
