"""What users hand over, taken or refused with its place."""

import numpy as np
import pytest

from kerabert.text import arguments


class Series:
    """As much of a pandas Series as is asked of it."""

    def __init__(self, values: list[object]) -> None:
        self.values = values

    def __iter__(self):
        return iter(self.values)

    def tolist(self) -> list[object]:
        return self.values


@pytest.mark.parametrize(
    "values", [["a", "b"], ("a", "b"), np.array(["a", "b"]), Series(["a", "b"]), iter(["a", "b"])]
)
def test_strings_in_any_kind_of_list(values: object):
    assert arguments.strings(values, "texts") == ["a", "b"]


def test_strings_of_numpy_objects_and_none_at_all():
    assert arguments.strings(np.array(["a", "b"], dtype=object), "texts") == ["a", "b"]
    assert arguments.strings([np.str_("a")], "texts") == ["a"]
    assert arguments.strings([], "texts") == []


@pytest.mark.parametrize(
    "values, message",
    [
        (["a", None], r"None of type NoneType at position 1"),
        ([b"a"], r"bytes at position 0"),
        (["a", "b", 3], r"3 of type int at position 2"),
        (Series(["a", float("nan")]), r"nan of type float at position 1"),
        (np.array([b"a"]), r"bytes at position 0"),
        (np.array([["a"]]), r"list at position 0"),
        ([["a"]], r"list at position 0"),
        (np.array("a"), r"without dimensions"),
        (None, r"`texts` must be.*None"),
        (7, r"`texts` must be.*7 of type int"),
        (b"abc", r"`texts` must be.*bytes"),
        ({"a": "b"}, r"`texts` must be.*dict"),
        ({"a"}, r"`texts` must be.*set"),
    ],
)
def test_what_is_no_list_of_strings_is_refused_by_place(values: object, message: str):
    with pytest.raises(ValueError, match=message):
        arguments.strings(values, "texts")


def test_pairs_in_rows_or_in_columns():
    expected = (["a", "b", "c"], ["x", "y", "z"])
    rows = [("a", "x"), ("b", "y"), ("c", "z")]
    assert arguments.pairs(rows) == expected
    assert arguments.pairs([list(row) for row in rows]) == expected
    assert arguments.pairs(np.array(rows)) == expected
    assert arguments.pairs(expected) == expected
    assert arguments.pairs((np.array(expected[0]), expected[1])) == expected
    assert arguments.pairs([("a", "x"), ("b", "y")]) == (["a", "b"], ["x", "y"])
    assert arguments.pairs([]) == ([], [])


@pytest.mark.parametrize(
    "values, message",
    [
        ((["a"], ["b", "c"]), r"same length.*1 first texts, 2 second texts"),
        ([("a", "b"), ("c",)], r"two strings.*1 at position 1"),
        ([("a", None)], r"pairs\[0\].*position 1"),
        ((["a"], [None]), r"pairs\[1\].*position 0"),
        (["ab", "cd"], r"pairs\[0\].*'ab'"),
        ("ab", r"`pairs` must be"),
        (None, r"`pairs` must be"),
    ],
)
def test_what_is_no_pair_is_refused_by_place(values: object, message: str):
    with pytest.raises(ValueError, match=message):
        arguments.pairs(values)


def test_rows_of_ids():
    assert arguments.id_rows([1, 2], 5) == ([[1, 2]], False)
    assert arguments.id_rows(np.array([[1, 2]], np.int32), 5) == ([[1, 2]], True)
    assert arguments.id_rows([np.array([1]), (2, np.int64(3))], 5) == ([[1], [2, 3]], True)
    assert arguments.id_rows([], 5) == ([[]], False)
    assert arguments.id_rows([[], []], 5) == ([[], []], True)


@pytest.mark.parametrize(
    "ids, message",
    [
        ([5], r"from 0 to 4. Received: ids\[0\]=5"),
        ([0, -1], r"ids\[1\]=-1"),
        ([[0], [1, 9]], r"ids\[1\]\[1\]=9"),
        ([0, 1.0], r"ids\[1\]=1.0"),
        (np.array([0.0]), r"ids\[0\]"),
        ([0, None], r"ids\[1\]=None"),
        ([[0], 1], r"`ids\[1\]` must be a list"),
        ("0", r"`ids` must be a list"),
        (3, r"`ids` must be a list"),
    ],
)
def test_what_is_no_id_is_refused_by_place(ids: object, message: str):
    with pytest.raises(ValueError, match=message):
        arguments.id_rows(ids, 5)
