import gzip
import json

import pytest

from kerabert.datasets import read_squad
from tests.checks import SHARED_DATA, needs_shared_data


def make(**changes):
    """The content of a file of two questions, and the first of them."""
    question = {"id": "1", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 3}]}
    question |= changes
    other = {"id": "2", "question": "Why?", "answers": [], "is_impossible": True}
    paragraph = {"context": "By Ada.", "qas": [other, question]}
    return {"version": "v2.0", "data": [{"title": "t", "paragraphs": [paragraph]}]}


def write(tmp_path, content, name="file.json"):
    data = content if isinstance(content, bytes) else json.dumps(content).encode("utf-8")
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return tmp_path / name


def test_reads(tmp_path):
    for name in ("file.json", "file.json.gz"):
        questions, contexts, answers, ids = read_squad(write(tmp_path, make(), name))
        assert questions == ["Why?", "Who?"] and contexts == ["By Ada."] * 2
        assert answers == [None, [("Ada", 3)]] and ids == ["2", "1"]
    several = [{"text": "Ada", "answer_start": 3}, {"text": "By Ada", "answer_start": 0}]
    read = read_squad(write(tmp_path, make(answers=several, is_impossible=False)))
    assert read.answers[1] == [("Ada", 3), ("By Ada", 0)]


PLACE = r"question 1, data\[0\].paragraphs\[0\].qas\[1\]"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (make(question=5), rf"{PLACE}: `question` must be a string. Received: 5"),
        (make(id=None), rf"{PLACE}: `id` must be a string"),
        (make(answers=None), rf"{PLACE}: `answers` must be a list"),
        (make(answers=["Ada"]), rf"{PLACE}.answers\[0\]: must be an object with `text`"),
        (make(answers=[{"text": "Ada"}]), "`answer_start` must be a whole number. Received: None"),
        (make(answers=[{"text": "Ada", "answer_start": True}]), "whole number. Received: True"),
        (
            make(answers=[{"text": "Ada", "answer_start": 2}]),
            rf"{PLACE}.answers\[0\]: the text 'Ada' must stand in the context at 2. "
            "Received: ' Ad'|Received: \"' Ad'\"",
        ),
        (make(answers=[{"text": "Ada", "answer_start": -4}]), "must stand in the context at -4"),
        (make(answers=[{"text": "", "answer_start": 0}]), "the text '' must stand"),
        (make(answers=[]), "there must be an answer unless `is_impossible` is true"),
        (make(is_impossible=True), "and none if it is"),
        (make(is_impossible="no"), "must be true or false"),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, r"paragraphs\[0\]: `context` must be a string"),
        ({"data": [[]]}, r"data\[0\]: must be an object"),
        ({"data": []}, "at least one question"),
        ([], "the file: must be an object with `data`"),
        (b"{", "must be JSON"),
        (b"\xff", "must be JSON in UTF-8"),
        (b"[" * 100_000, "must be JSON"),
    ],
)
def test_bad_files(tmp_path, content, message):
    with pytest.raises(ValueError, match=message) as error:
        read_squad(write(tmp_path, content))
    assert str(tmp_path / "file.json") in str(error.value)


def test_bad_paths(tmp_path):
    (tmp_path / "a.gz").write_bytes(b"not gzip")
    whole = write(tmp_path, make(), "b.gz")
    whole.write_bytes(whole.read_bytes()[:30] + b"\xff" * 30)
    for name in ("none.json", "a.gz", "b.gz"):
        with pytest.raises(ValueError, match="must be readable"):
            read_squad(tmp_path / name)


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "number", "impossible"),
    [
        ("dev-v1.1.json.gz", 9380, 0),
        ("dev-v2.0-half.json.gz", 5349, 2774),
        ("train-v1.1-44articles.json.gz", 11877, 0),
    ],
)
def test_real_files(name, number, impossible):
    """The numbers that the data's own description states."""
    read = read_squad(SHARED_DATA / "squad" / name)
    assert len(read.questions) == len(read.contexts) == len(read.ids) == number
    assert sum(answers is None for answers in read.answers) == impossible
