import numpy as np
import pytest

from kerabert.reports import ClassificationReport

NAMES = ["a", "b", "c"]


def random_case(num_rows=40, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 3, num_rows), generator.dirichlet(np.ones(3), num_rows)


def test_equal_to_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    for seed in range(20):
        labels, probabilities = random_case(seed=seed)
        report = ClassificationReport(labels, probabilities, NAMES)
        found = probabilities.argmax(axis=1)
        assert report.confusion.tolist() == metrics.confusion_matrix(labels, found).tolist()
        assert report.accuracy == pytest.approx(metrics.accuracy_score(labels, found))
        assert report.macro_f1 == pytest.approx(metrics.f1_score(labels, found, average="macro"))
        assert report.micro_f1 == pytest.approx(report.accuracy)


def test_the_surest_errors_come_first():
    labels, probabilities = random_case()
    texts = [f"text {i}" for i in range(40)]
    report = ClassificationReport(labels, probabilities, NAMES, texts)
    wrong = [i for i in range(40) if probabilities[i].argmax() != labels[i]]
    assert sorted(error.row for error in report.errors) == wrong
    scores = [error.score for error in report.errors]
    assert scores == sorted(scores, reverse=True) and 0 < scores[-1] <= scores[0] < 1
    first = report.errors[0]
    assert first.text == f"text {first.row}" and first.label == NAMES[labels[first.row]]
    assert first.predicted == NAMES[probabilities[first.row].argmax()]
    printed = str(report)
    assert f"{first.label} taken for {first.predicted}: text {first.row}" in printed
    assert f"The surest of {len(wrong)} errors" in printed


def test_a_picture():
    pytest.importorskip("matplotlib")
    figure = ClassificationReport(*random_case(), NAMES).plot()
    left, right = figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == NAMES
    assert right.get_xlabel() == "probability"


def test_nothing_wrong():
    report = ClassificationReport(np.array([0, 1]), np.eye(2), ["a", "b"])
    assert report.errors == [] and "errors" not in str(report)
    assert report.accuracy == report.macro_f1 == 1.0
