import pytest

from kerabert.datasets.columns import check_inputs, check_labels, choose_columns, split_columns

NAMES = ["id", "first", "second", "label"]


def test_chooses():
    assert choose_columns(NAMES, "first", "label", "f") == ([1], 3)
    assert choose_columns(NAMES, ["second", 1], -1, "f") == ([2, 1], 3)
    assert choose_columns(NAMES[1:], None, "label", "f") == ([0, 1], 2)
    assert choose_columns(NAMES[:2], None, None, "f") == ([0, 1], None)


@pytest.mark.parametrize(
    ("columns", "label", "message"),
    [
        ("third", "label", r"f: a column must be one of \['id'.* Received: 'third'"),
        ("first", "score", "Received: 'score'"),
        (4, "label", "Received: 4"),
        (True, "label", "Received: True"),
        (None, "label", r"one or two of .* Received: \['id', 'first', 'second'\]"),
        ([], "label", r"Received: \[\]"),
        (["first", "first"], "label", "one or two"),
        ("label", "label", "beside the labels"),
    ],
)
def test_bad_columns(columns, label, message):
    with pytest.raises(ValueError, match=message):
        choose_columns(NAMES, columns, label, "f")


def test_splits():
    values = [["a", "b"], [["c"], []], [0.5, True]]
    assert split_columns(values.__getitem__, "xyz", [0, 1], 2, str) == (
        (["a", "b"], [["c"], []]),
        [0.5, True],
    )
    assert split_columns(values.__getitem__, "xyz", [0], None, str) == (["a", "b"], None)


@pytest.mark.parametrize(
    ("check", "values", "message"),
    [
        (check_inputs, ["a", None], "row 1: column 'x' must be a string. Received: None"),
        (check_inputs, ["a", ["b"]], "row 1: .* must be a string"),
        (check_inputs, [["a"], "b"], "row 1: .* must be a list of strings. Received: 'b'"),
        (check_inputs, [["a", 1]], "row 0: .* must be a list of strings"),
        (check_inputs, [{"text": "a"}], "row 0"),
        (check_labels, [1, None], "row 1: column 'x' must be a string, a number"),
        (check_labels, [["a"], [["b"]]], "row 1"),
        (check_labels, [{}], "row 0"),
    ],
)
def test_bad_values(check, values, message):
    with pytest.raises(ValueError, match=message):
        check(values, "x", lambda row: f"row {row}")
