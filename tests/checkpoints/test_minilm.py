"""Real weights and real sentences: what kerabert computes is what transformers computes."""

import numpy as np
import pytest

from kerabert.checkpoints.preset import load_preset
from kerabert.models.backbone import BertBackbone
from kerabert.text.tokenizer import BertTokenizer
from tests.checkpoints.presets import compute, difference_of_backbones
from tests.checks import MINILM, SHARED_DATA, needs_minilm, needs_shared_data

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
    """Masked tokens weigh exactly nothing, but a longer product is summed in another order.

    That moves values by a few units in the last place: the outputs' largest is 5.3, where such a
    unit is 4.8e-7. (The same change in transformers is 4.4e-6 on these sentences.)
    """

    def compute_padded(length):
        ids, mask = pad(some, length)
        outputs = compute(backbone, ids, np.zeros_like(ids), mask)
        sequence = outputs["sequence_output"][:, :shortest]
        return sequence[mask[:, :shortest]], outputs["pooled_output"]

    some = rows[::8]
    shortest = max(map(len, some))
    sequence, pooled = compute_padded(shortest)
    for length in (shortest + 8, 256):
        sequence_again, pooled_again = compute_padded(length)
        of_tokens = np.abs(sequence_again - sequence).max()
        of_texts = np.abs(pooled_again - pooled).max()
        print(f"largest change by padding to {length}: {of_tokens:.1e}, pooled {of_texts:.1e}")
        assert of_texts < 1e-6
        assert of_tokens < 1e-6 * np.abs(sequence).max()
