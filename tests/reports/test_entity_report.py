import numpy as np
import pytest

from kerabert.metrics import score_entities
from kerabert.reports import EntityReport

TAGS = [
    ["B-a", "I-a", "O", "B-b"],
    ["O", "B-b", "I-b", "O"],
    ["B-a", "O", "O", "O"],
    ["O", "O"],
]
FOUND = [
    ["B-a", "I-a", "O", "B-a"],  # b taken for a
    ["O", "B-b", "O", "O"],  # b with wrong bounds
    ["O", "O", "B-b", "O"],  # a not found, b made up
    ["O", "O"],
]
WORDS = [["New", "York", "or", "Bo"], ["in", "Ann", "Lee", "."], ["X", "y", "z", "."], ["u", "v"]]


def test_what_is_taken_for_what():
    report = EntityReport(TAGS, FOUND, WORDS)
    assert report.types == ["a", "b"]
    assert report.confusion.tolist() == [[1, 0, 1], [1, 1, 0], [0, 1, 0]]
    assert report.num_wrong_bounds == 1
    assert report.scores == score_entities(TAGS, FOUND)
    assert [(error.row, len(error.missed) + len(error.wrong)) for error in report.errors] == [
        (0, 2), (1, 2), (2, 2)
    ]  # fmt: skip
    assert report.errors[1].missed == [("b", "Ann Lee")] and report.errors[1].wrong == [
        ("b", "Ann")
    ]
    printed = str(report)
    assert "missed: Ann Lee (b)" in printed and "right type, wrong bounds: 1" in printed


def test_each_entity_is_counted_once():
    generator = np.random.default_rng(0)
    tags = ["O", "B-a", "I-a", "B-b", "I-b"]
    for _ in range(50):
        rows = [[tags[i] for i in generator.integers(0, 5, 12)] for _ in range(2)]
        report = EntityReport([rows[0]], [rows[1]], [list("abcdefghijkl")])
        totals = report.scores.overall
        assert report.confusion[:-1].sum() == totals.num_true
        assert report.confusion[:, :-1].sum() == totals.num_predicted
        agree = np.trace(report.confusion[:-1, :-1]) - report.num_wrong_bounds
        assert agree <= totals.num_correct  # of spans that overlap several, one is the pair


def test_a_picture():
    pytest.importorskip("matplotlib")
    assert len(EntityReport(TAGS, FOUND, WORDS).plot().axes) == 2


def test_nothing_found():
    report = EntityReport([["O"]], [["O"]], [["a"]])
    assert report.errors == [] and report.confusion.tolist() == [[0]] and "all" in str(report)
