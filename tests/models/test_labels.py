import numpy as np
import pytest

from kerabert.models.labels import (
    check_classes,
    check_target_shape,
    encode_class_sets,
    encode_classes,
    encode_ids,
    encode_numbers,
)

NAMES = ["no", "maybe", "yes"]


@pytest.mark.parametrize(
    "y",
    [
        ["yes", "no"],
        [2, 0],
        (2, 0),
        np.array([2, 0]),
        np.array([[2], [0]]),
        np.array([2.0, 0.0]),
        np.array(["yes", "no"]),
        np.array(["yes", "no"], dtype=object),
    ],
)
def test_classes(y):
    encoded = encode_classes(y, 2, 3, NAMES)
    assert encoded.dtype == np.int32
    assert encoded.tolist() == [2, 0]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["yes"], "Received: 2 in x, 1 in y"),
        (["yes", "oh"], "row 1 is 'oh'"),
        (["yes", None], "row 1 is None"),
        ([0, 3], r"0..2. Received: row 1 is 3"),
        ([-1, 0], r"0..2. Received: row 0 is -1"),
        ([0, 0.5], "row 1 is 0.5"),
        ([0, float("nan")], "row 1 is nan"),
        (np.zeros((2, 3)), r"y of shape \(2, 3\)"),
        ([[0], [0, 1]], "must be one class number"),
        ("yes", "`y` must be a list"),
        (3, "`y` must be a list"),
    ],
)
def test_bad_classes(y, message):
    with pytest.raises(ValueError, match=message):
        encode_classes(y, 2, 3, NAMES)


def test_names_are_refused_by_a_model_without_names():
    with pytest.raises(ValueError, match="for example 'yes'"):
        encode_classes(["yes", "no"], 2, 3, None)


@pytest.mark.parametrize("y", [[["yes", "no"], []], [{"yes", "no"}, set()], [[1, 0, 1], [0, 0, 0]]])
def test_class_sets(y):
    encoded = encode_class_sets(y, 2, 3, NAMES)
    assert encoded.dtype == np.float32
    assert encoded.tolist() == [[1, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([["yes"]], "Received: 2 in x, 1 in y"),
        ([["yes"], ["oh"]], "row 1 has 'oh'"),
        (np.zeros((2, 2)), r"\(2, 3\). Received: y of shape \(2, 2\)"),
        ([0, 1], "must be a list of class names a row"),
        (np.full((2, 3), 2.0), r"must lie in \[0, 1\]"),
        (np.full((2, 3), np.nan), r"must lie in \[0, 1\]"),
    ],
)
def test_bad_class_sets(y, message):
    with pytest.raises(ValueError, match=message):
        encode_class_sets(y, 2, 3, NAMES)


def test_numbers():
    assert encode_numbers([1, 2], 2, 1).tolist() == [[1], [2]]
    assert encode_numbers(np.array([[1.5], [2]]), 2, 1).tolist() == [[1.5], [2]]
    assert encode_numbers([[1, 2], [3, 4]], 2, 2).dtype == np.float32


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1.0], "Received: 2 in x, 1 in y"),
        ([1.0, float("nan")], "row 1 is nan"),
        ([1.0, float("inf")], "row 1 is inf"),
        (["a", "b"], "for example 'a'"),
        ([[1, 2], [3, 4]], r"y of shape \(2, 2\)"),
        ([None, 1], "for example None|row 0 is None"),
    ],
)
def test_bad_numbers(y, message):
    with pytest.raises(ValueError, match=message):
        encode_numbers(y, 2, 1)


IDS = [[0, 3], [2, 1]]


@pytest.mark.parametrize("y", [IDS, (tuple(IDS[0]), IDS[1]), np.array(IDS), np.array(IDS, "uint8")])
def test_ids(y):
    encoded = encode_ids(y, 2, 4)
    assert encoded.dtype == np.int32
    assert encoded.tolist() == IDS


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([[0, 3]], "Received: 2 in x, 1 in y"),
        ([[0, 4], [2, 1]], r"0..3, also .* row 0 is \[0, 4\]"),
        ([[0, 3], [-1, 1]], r"row 1 is \[-1, 1\]"),
        (np.array([[0, 2**32], [2, 1]]), "row 0 is"),
        ([[0, 3], [2]], "as many in each row"),
        ([0, 3], r"y of shape \(2,\)"),
        ([[], []], r"y of shape \(2, 0\)"),
        (np.zeros((2, 2, 1), "int32"), r"y of shape \(2, 2, 1\)"),
        (np.array(IDS, "float32"), "dtype float32"),
        ([[True, False], [True, True]], "dtype bool"),
        ([["a", "b"], ["a", "b"]], "dtype <U1"),
        ([[0, None], [1, 2]], "dtype object"),
        ("ab", "`y` must be a list"),
        (None, "`y` must be a list"),
    ],
)
def test_bad_ids(y, message):
    with pytest.raises(ValueError, match=message):
        encode_ids(y, 2, 4)


def test_a_table_is_no_list_of_labels():
    pandas = pytest.importorskip("pandas")
    table = pandas.get_dummies(pandas.Series(["no", "yes"]))  # its columns may be in any order
    for encode in encode_classes, encode_class_sets:
        with pytest.raises(ValueError, match=r"one column of a table.*DataFrame"):
            encode(table, 2, 2, ["yes", "no"])
    assert encode_classes(pandas.Series(["yes", "no"]), 2, 3, NAMES).tolist() == [2, 0]


def test_target_shape():
    y = np.zeros((2, 3), "int32")
    assert check_target_shape(y, np.ones((2, 3))) is y
    with pytest.raises(ValueError, match=r"\(2, 4\). Received: \(2, 3\)"):
        check_target_shape(y, np.ones((2, 4)))


def test_class_names():
    assert check_classes(("a", "b"), None) == ["a", "b"]
    assert check_classes(None, 3) is None


@pytest.mark.parametrize(
    ("classes", "num_classes", "message"),
    [
        (None, None, "Received: neither"),
        ("ab", None, "must be a list of str"),
        (["a", 1], None, "must be a list of str"),
        (["a", "a"], None, "must be different names"),
        ([], None, "must be different names"),
        (["a", "b"], 3, "Received: num_classes=3, 2 classes"),
    ],
)
def test_bad_class_names(classes, num_classes, message):
    with pytest.raises(ValueError, match=message):
        check_classes(classes, num_classes)
