import numpy as np
import pytest

from kerabert.reports import ChoiceReport

LABELS = np.array([0, 2, 1, 1])
PROBABILITIES = np.array([[0.6, 0.4, 0], [0.2, 0.7, 0.1], [0.1, 0.9, 0], [0.5, 0.3, 0.2]])
NUM_CHOICES = np.array([2, 3, 2, 3])
PREMISES = ["A", "B", "C", "D"]
CHOICES = [["a", "b"], ["c", "d", "e"], ["f", "g"], ["h", "i", "j"]]


def test_scores():
    report = ChoiceReport(LABELS, PROBABILITIES, NUM_CHOICES, PREMISES, CHOICES)
    assert report.accuracy == 0.5 and report.chance == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert report.by_number == {2: (1.0, 2), 3: (0.0, 2)}
    assert [error.row for error in report.errors] == [1, 3]
    assert report.errors[0][1:] == ("B", 2, 1, "e", "d", 0.7)
    assert "chosen: 1 d; right: 2 e" in str(report)


def test_arrays_have_no_texts():
    report = ChoiceReport(LABELS, PROBABILITIES, NUM_CHOICES)
    assert report.errors[0].premise == "" and "chosen: 1; right: 2" in str(report)


def test_a_picture():
    pytest.importorskip("matplotlib")
    figure = ChoiceReport(LABELS, PROBABILITIES, NUM_CHOICES).plot()
    assert len(figure.axes) == 2
