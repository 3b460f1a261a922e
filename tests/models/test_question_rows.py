import numpy as np
import pytest

from kerabert.models.question_rows import QuestionRows, split_questions
from tests.tiny import make_tokenizer


def read(x, longest=8):
    return QuestionRows.read(x, make_tokenizer(), longest)


def test_reads():
    rows = read((["good?", "bad"], ["it was good", "bad film"]))
    assert len(rows) == 2 and rows.contexts[1] == "bad film"
    assert rows.question_pieces.to_lists() == make_tokenizer()(["good?", "bad"])
    assert rows.context_pieces(np.array([1, 0, 1])).to_lists() == make_tokenizer()(
        ["bad film", "it was good", "bad film"]
    )
    assert read((np.array(["bad"] * 3), "good film")).located.pieces.to_lists() == [[5, 8]]


def test_forms_are_equal():
    expected = (["a", "b"], ["c", "c"])
    for x in (
        expected,
        (["a", "b"], "c"),
        [("a", "c"), ("b", "c")],
        [["a", "c"], ["b", "c"]],
        np.array([["a", "c"], ["b", "c"]]),
    ):
        assert split_questions(x) == expected


def test_a_long_question_is_cut_and_it_is_said():
    with pytest.warns(UserWarning, match="1 of 2 questions have more than .*=3 .* in row 1"):
        rows = read((["bad", "good film was it"], "it"), longest=3)
    assert rows.question_pieces.lengths.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ("good", r"tuple of two lists of str.* a str"),
        (3, "a int"),
        ({"a": "b"}, "a dict"),
        (["good", "bad"], "1 text in row 0"),
        ([("good", "bad"), ("good",)], "1 text in row 1"),
        ([("good", "bad"), ("good", 5)], r"`x\[1\]` must hold strings only"),
        ((["good"], ["bad", "bad"]), "1 questions, 2 contexts"),
        ((["good", None], ["bad", "bad"]), "`questions` must hold strings only.* position 1"),
        ((["good"], [b"bad"]), "`contexts` must hold strings only"),
        (([], []), "at least one question"),
        ([], "at least one question"),
        ((["good", " \u200b"], "bad"), r"A question must have .* row 1"),
        ((["good", "bad"], ["film", ""]), "A context must have .*'' as the context of row 1"),
    ],
)
def test_bad_input(x, message):
    with pytest.raises(ValueError, match=message):
        read(x)
