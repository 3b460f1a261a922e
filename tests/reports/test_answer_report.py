import pytest

from kerabert.metrics import score_answers
from kerabert.reports import AnswerReport

QUESTIONS = ["Who?", "When?", "Where?", "Why?", "What?"]
ANSWERS = [["Ann", "Ann Lee"], [], ["in Rome"], ["rain"], []]
FOUND = ["Ann", "1998", "Rome", None, None]
SCORES = [0.9, 0.6, 0.8, 0.7, 0.4]


def test_scores_and_decisions():
    report = AnswerReport(QUESTIONS, ANSWERS, FOUND, SCORES)
    expected = score_answers(FOUND, ANSWERS)
    assert report.scores.exact_match == expected.exact_match
    assert report.with_answer.exact_match == pytest.approx(1 / 3)
    assert report.without_answer.f1 == 0.5
    assert report.decisions.tolist() == [[1, 1], [1, 2]]
    # The surest of those with nothing right, then those with a part of it.
    assert [error.row for error in report.errors] == [3, 1, 2]
    printed = str(report)
    assert "with an answer: 2 answered, 1 withheld; without: 1 withheld, 1 answered" in printed
    assert "1998; true: no answer" in printed


def test_all_have_an_answer():
    report = AnswerReport(["Who?"], [["Ann"]], ["Ann"], [0.5], version="1.1")
    assert report.without_answer is None and report.errors == []
    assert "withheld" not in str(report)


def test_a_picture():
    pytest.importorskip("matplotlib")
    figure = AnswerReport(QUESTIONS, ANSWERS, FOUND, SCORES).plot()
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == [
        "all", "with an answer", "without"
    ]  # fmt: skip
