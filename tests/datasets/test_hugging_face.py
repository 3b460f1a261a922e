import numpy as np
import pytest

from kerabert.datasets import from_hugging_face
from kerabert.models.answers import read_answers

ROWS = {
    "text": ["Fine.", "Bad."],
    "choices": [["a", "b"], ["c", "d", "e"]],
    "tags": [[0, 1], [2]],
    "label": [1, 0],
}


class Rows:
    """What a dataset of the library has, as far as it is read."""

    def __init__(self, columns):
        self.columns = columns
        self.column_names = list(columns)

    def __getitem__(self, name):
        return self.columns[name]


def library_dataset(columns):
    return pytest.importorskip("datasets").Dataset.from_dict(columns)


@pytest.mark.parametrize("make", [Rows, library_dataset])
def test_takes(make):
    dataset = make(ROWS)
    assert from_hugging_face(dataset, "text") == (ROWS["text"], [1, 0])
    assert from_hugging_face(dataset, ["text", "choices"], None) == (
        (ROWS["text"], ROWS["choices"]),
        None,
    )
    assert from_hugging_face(dataset, "choices", "tags") == (ROWS["choices"], ROWS["tags"])
    for columns, message in (("title", "the dataset: a column"), (None, "one or two")):
        with pytest.raises(ValueError, match=message):
            from_hugging_face(dataset, columns)
    bad = make({"text": ["a", None], "label": [0, 1]})
    with pytest.raises(ValueError, match="the dataset: row 1: column 'text' must be a string"):
        from_hugging_face(bad)


def test_arrays_become_lists():
    dataset = Rows({"text": np.array(["a"]), "label": np.array([2]), "tags": [np.array([1])]})
    inputs, labels = from_hugging_face(dataset, "text")
    assert (inputs, labels) == (["a"], [2]) and type(labels[0]) is int
    assert from_hugging_face(dataset, "text", "tags")[1] == [[1]]


def test_answers_go_through():
    """In the form that Hugging Face gives SQuAD, which `read_answers` takes."""
    answers = [{"text": ["b"], "answer_start": [2]}, {"text": [], "answer_start": []}]
    dataset = Rows({"question": ["a?", "b?"], "context": ["a b", "c"], "answers": answers})
    inputs, labels = from_hugging_face(dataset, label_column="answers")
    assert inputs == (["a?", "b?"], ["a b", "c"])
    assert read_answers(labels, inputs[1]) == [[(2, 3)], []]


def test_formatted_as_numpy():
    dataset = library_dataset(ROWS).with_format("numpy")
    assert from_hugging_face(dataset, "text", "tags") == (ROWS["text"], ROWS["tags"])


def test_bad_datasets():
    splits = Rows(ROWS)
    splits.column_names = {"train": ["text"], "test": ["text"]}
    with pytest.raises(ValueError, match=r"one split, as dataset\['train'\]"):
        from_hugging_face(splits)
    with pytest.raises(ValueError, match=r"must have `column_names`.* Received: a list"):
        from_hugging_face(["a"])
    with pytest.raises(ValueError, match="at least one row"):
        from_hugging_face(Rows({"text": [], "label": []}))
