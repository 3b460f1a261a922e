import numpy as np
import pytest

from kerabert.models.packed_rows import check_packed_rows, one_example_a_row

X = {
    "token_ids": np.array([[2, 5, 3, 2, 6, 3, 0, 0], [2, 5, 6, 7, 8, 9, 7, 3]]),
    "segment_ids": np.zeros((2, 8), "int32"),
    "example_ids": np.array([[1, 1, 1, 2, 2, 2, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1]]),
    "example_starts": np.array([[0, 3, 0], [0, 0, 0]]),
}


def test_good_rows():
    ordinary = check_packed_rows(X)
    assert set(ordinary) == {"token_ids", "segment_ids", "padding_mask"}
    assert np.array_equal(ordinary["padding_mask"], X["token_ids"] > 0)
    one_token_each = {
        "token_ids": np.full((1, 3), 2),
        "segment_ids": np.zeros((1, 3), "int32"),
        "example_ids": np.array([[1, 2, 3]]),
        "example_starts": np.array([[0, 1, 2]]),
    }
    assert check_packed_rows(one_token_each)["padding_mask"].all()


def test_one_example_a_row():
    ordinary = check_packed_rows(one_example_a_row(check_packed_rows(X)))
    assert all(np.array_equal(ordinary[name], check_packed_rows(X)[name]) for name in ordinary)


@pytest.mark.parametrize(
    ("row", "starts"),
    [
        ([1, 1, 2, 1, 2, 2, 0, 0], [0, 2, 0]),  # back again
        ([1, 1, 1, 3, 3, 3, 0, 0], [0, 3, 0]),  # one left out
        ([2, 2, 2, 3, 3, 3, 0, 0], [0, 3, 0]),
        ([0, 1, 1, 1, 2, 2, 2, 0], [1, 4, 0]),  # padding first
        ([1, 1, 1, 0, 2, 2, 2, 0], [0, 4, 0]),
        ([1, 1, 1, 0, 1, 1, 1, 0], [0, 4, 0]),
        ([1, 1, 1, -1, -1, 0, 0, 0], [0, 0, 0]),
        ([0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0]),
    ],
)
def test_examples_that_are_not_in_order(row, starts):
    x = X | {"example_ids": np.array([X["example_ids"][0], row])}
    x["example_starts"] = np.array([X["example_starts"][0], starts])
    with pytest.raises(ValueError, match=r"without gaps.* Received: row 1 is"):
        check_packed_rows(x)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"example_starts": np.array([[0], [0]])}, "as `example_starts` is wide, 1.* row 0 with 2"),
        ({"example_starts": np.array([[0, 4], [0, 0]])}, r"row 0 is \[0, 4\] in place of \[0, 3\]"),
        ({"example_starts": np.array([[0, 3], [0, 5]])}, r"row 1 is \[0, 5\] in place of \[0, 0\]"),
        ({"example_starts": np.array([[0, 3]])}, r"`example_starts` must be integers"),
        ({"example_starts": np.zeros((2, 0), int)}, r"`example_starts` must be integers"),
        ({"example_starts": [[0, 3], [0, 0]]}, "`example_starts` must be integers.*Received: list"),
        ({"example_ids": X["example_ids"][:, :7]}, r"shape of `token_ids`, \(2, 8\)"),
        ({"example_ids": X["example_ids"] * 1.0}, "`example_ids` must be integers.* float64"),
        ({"example_starts": None}, "must have the keys .*'example_starts'"),
        ({"padding_mask": X["example_ids"] > 0}, "must have the keys"),
    ],
)
def test_bad_rows(change, message):
    x = {name: values for name, values in (X | change).items() if values is not None}
    with pytest.raises(ValueError, match=message):
        check_packed_rows(x)


def test_ordinary_rows_are_refused():
    with pytest.raises(ValueError, match="Rows of one example need a model without `packed`"):
        check_packed_rows(check_packed_rows(X))
