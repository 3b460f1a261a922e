import numpy as np
import pytest

from kerabert.models.embedder_inputs import check_embedder_inputs, number_texts
from tests.checks import to_numpy
from tests.tiny import make_plain_backbone

BACKBONE = make_plain_backbone(use_pooler=False)


def make(*shape):
    return {
        "token_ids": np.ones(shape, "int32"),
        "segment_ids": np.zeros(shape, "int32"),
        "padding_mask": np.ones(shape, bool),
    }


def test_single_texts_rows_and_tuples():
    for x in (make(2, 5), make(2, 3, 5), (make(2, 5), make(2, 3, 7))):
        check_embedder_inputs(x, BACKBONE)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (make(2, 3, 4, 5), "one shape"),
        (make(2, 0, 5), "one shape"),
        (make(2, 3, 99), "at most `max_sequence_length` tokens"),
        (make(2, 3, 5) | {"segment_ids": np.zeros((2, 5), "int32")}, "one shape"),
        (make(2, 3, 5) | {"token_ids": np.full((2, 3, 5), 99)}, "`token_ids` must lie"),
        ((make(2, 5), make(2, 3, 99)), "at most `max_sequence_length` tokens"),
        ({"token_ids": np.ones((2, 3, 5), "int32")}, "must have the keys"),
    ],
)
def test_bad_arrays(x, message):
    with pytest.raises(ValueError, match=message):
        check_embedder_inputs(x, BACKBONE)


def test_numbers_of_rows_of_arrays():
    x = make(2, 3, 5)
    x["padding_mask"][1, 2] = False
    assert to_numpy(number_texts(x)).tolist() == [[1, 2, 3], [4, 5, -1]]
