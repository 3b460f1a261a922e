import numpy as np
import pytest

from kerabert.models.choice_rows import ChoiceRows, split_choices
from tests.tiny import make_tokenizer


def test_rows():
    tokenizer = make_tokenizer()
    rows = ChoiceRows.read((["good film", "bad"], [["very", "not good"], ["it"]]), tokenizer)
    assert len(rows) == 2 and rows.counts.tolist() == [2, 1] and rows.offsets.tolist() == [0, 2, 3]
    assert rows.premise_pieces.to_lists() == tokenizer(["good film", "bad"])
    assert rows.choice_pieces.to_lists() == tokenizer(["very", "not good", "it"])


def test_forms():
    premises, choices = ["a", "b"], [["c", "d"], ["e", "f"]]
    for x in (
        (premises, choices),
        (np.array(premises), np.array(choices)),
        (tuple(premises), [tuple(row) for row in choices]),
        [["a", ["c", "d"]], ("b", ["e", "f"])],
    ):
        assert split_choices(x) == (premises, choices)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ("text", "a list of such pairs. Received: 'text'"),
        ({"a": ["b"]}, "a list of such pairs"),
        (["a", "b"], "in row 0"),
        ([("a", ["b"]), ("a", ["b"], 1)], "in row 1"),
        ((["a"], [["b"], ["c"]]), "1 premises, 2 rows of choices"),
        ((["a", 1], [["b"], ["c"]]), "`premises` must hold strings only.* at position 1"),
        ((["a", "b"], [["b"], "c"]), r"`choices\[1\]` must be a list of str"),
        ((["a", "b"], [["b"], ["c", None]]), r"`choices\[1\]` must hold strings only"),
        ((["a", "b"], [["b"], []]), r"`choices\[1\]` must hold at least one choice"),
        (([], []), "at least one premise"),
        ([], "at least one premise"),
    ],
)
def test_bad_rows(x, message):
    with pytest.raises(ValueError, match=message):
        split_choices(x)
