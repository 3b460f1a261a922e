import numpy as np
import pytest

from kerabert.text.labelled_batches import LabelledBatches
from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.token_rows import TokenRows

PACKER = SequencePacker(2, 3, 0, sequence_length=32)
LENGTHS = [3, 9, 1, 25, 0, 12, 7]


def make(**kwargs):
    ids = TokenRows.from_lists(
        [[100 * row + place for place in range(n)] for row, n in enumerate(LENGTHS)]
    )
    settings = {
        "labels": TokenRows(ids.ids + 1, ids.offsets),
        "weights": TokenRows(ids.ids.astype("float32") / 2, ids.offsets),
        "packer": PACKER,
        "batch_size": 2,
    }
    return LabelledBatches(ids, **{**settings, **kwargs})


@pytest.mark.parametrize("shuffle", [False, True])
def test_each_piece_has_its_target_and_its_weight(shuffle):
    batches = make(shuffle=shuffle)
    seen = 0
    for x, y, weights in batches:
        assert y.dtype == np.int32 and weights.dtype == np.float32
        is_piece = x["padding_mask"] & (x["token_ids"] != 3)
        is_piece[:, 0] = False
        # Row 0 has the ids 0, 1, 2, which are those of special tokens too.
        is_piece |= (x["token_ids"] == 0) & x["padding_mask"]
        ordinary = is_piece & (x["token_ids"] >= 100)
        assert (y[ordinary] == x["token_ids"][ordinary] + 1).all()
        assert (weights[ordinary] == x["token_ids"][ordinary] / 2).all()
        assert (y[~x["padding_mask"]] == 0).all() and (weights[~x["padding_mask"]] == 0).all()
        assert (y[:, 0] == 0).all()
        seen += int((y > 0).sum())
    assert seen == sum(LENGTHS)


@pytest.mark.parametrize("name", ["labels", "weights"])
def test_bad_labels(name):
    rows = TokenRows.from_lists([[1] * n for n in LENGTHS[::-1]])
    with pytest.raises(ValueError, match=f"`{name}` must have one element for each piece"):
        make(**{name: rows})
    with pytest.raises(ValueError, match="none of which may be cut"):
        make(packer=SequencePacker(2, 3, 0, sequence_length=10))
