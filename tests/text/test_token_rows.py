import numpy as np
import pytest

from kerabert.text import TokenRows
from kerabert.text import token_rows as module


def test_lists_and_back():
    lists = [[7, 8, 9], [], [5], (1, 2)]
    rows = TokenRows.from_lists(lists)
    assert len(rows) == 4
    assert rows.ids.dtype == np.int32
    assert rows.lengths.tolist() == [3, 0, 1, 2]
    assert rows.to_lists() == [[7, 8, 9], [], [5], [1, 2]]
    assert TokenRows.from_lists(rows) is rows


def test_arrays_are_rows_too():
    arrays = [np.array([1, 2], np.uint16), np.array([3], np.int64)]
    assert TokenRows.from_lists(arrays).to_lists() == [[1, 2], [3]]
    assert TokenRows.from_lists(np.array([[1, 2], [3, 4]])).to_lists() == [[1, 2], [3, 4]]
    assert TokenRows.from_lists([[1, 2], np.array([3])]).to_lists() == [[1, 2], [3]]
    assert TokenRows.from_lists([[], []]).to_lists() == [[], []]


def test_pieces_make_the_same_rows(monkeypatch):
    lists = [list(range(n)) for n in (3, 0, 5, 1, 2, 4, 0)]
    monkeypatch.setattr(module, "_ROWS_AT_A_TIME", 2)
    assert TokenRows.from_lists(lists).to_lists() == lists


def test_selections():
    rows = TokenRows.from_lists([[7, 8, 9], [], [5], [1, 2]])
    assert rows.take([3, 1, 3]).to_lists() == [[1, 2], [], [1, 2]]
    assert rows.head(np.array([2, 0, 1, 0])).to_lists() == [[7, 8], [], [5], []]
    assert rows.head(rows.lengths) is rows
    assert rows.gather(np.array([1, 4]), np.array([2, 2])).to_lists() == [[8, 9], [1, 2]]


def test_write():
    array = np.zeros((2, 5), np.int32)
    rows = TokenRows.from_lists([[7, 8], [9]])
    rows.write(array, 1)
    rows.write(array, np.array([3, 4]))
    assert array.tolist() == [[0, 7, 8, 7, 8], [0, 9, 0, 0, 9]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "`x` must hold at least one row"),
        (None, "`x` must be a list of lists of token ids. Received: x=None"),
        ("text", "`x` must be a list of lists"),
        ([1, 2], r"Received: x\[0\]=1"),
        ([[1], None], r"Received: x\[1\]=None"),
        ([[1], "ab"], r"Received: x\[1\]='ab'"),
        ([[1], [2, -3]], r"integers from 0 to 2147483647. Received: -3 in x\[1\]=\[2, -3\]"),
        ([[1], [2**31]], r"Received: 2147483648 in x\[1\]"),
        ([[1], [2**70]], r"Received: 1180591620717411303424 in x\[1\]"),
        ([[1.5]], r"Received: 1.5 in x\[0\]"),
        ([[1], [None]], r"Received: None in x\[1\]"),
        ([[1], ["a"]], r"Received: 'a' in x\[1\]"),
        ([[True]], r"Received: True in x\[0\]"),
        ([[[1]]], r"Received: \[1\] in x\[0\]"),
        ([np.array([0.5])], r"in x\[0\]"),
        ([np.array([[1, 2]])], r"Received: x\[0\]="),
    ],
)
def test_what_is_no_row_is_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        TokenRows.from_lists(rows, "x")


def test_count_up():
    assert module.count_up(np.array([3, 1, 0, 2])).tolist() == [0, 1, 2, 0, 0, 1]
    assert module.count_up(np.array([], int)).tolist() == []
