import numpy as np
import pytest

from kerabert.reports import MultiLabelReport

NAMES = ["a", "b", "c"]


def random_case(seed=0):
    generator = np.random.default_rng(seed)
    return (generator.random((30, 3)) < 0.4).astype("float32"), generator.random((30, 3))


def test_equal_to_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    for seed in range(20):
        labels, probabilities = random_case(seed)
        report = MultiLabelReport(labels, probabilities, NAMES, threshold=0.6)
        found = probabilities >= 0.6
        expected = metrics.multilabel_confusion_matrix(labels, found)
        assert report.confusion.tolist() == expected.tolist()
        assert report.micro_f1 == pytest.approx(metrics.f1_score(labels, found, average="micro"))
        assert report.exact_match == pytest.approx(metrics.accuracy_score(labels, found))


def test_best_thresholds():
    labels, probabilities = random_case()
    probabilities = probabilities.round(1)  # many are equal
    report = MultiLabelReport(labels, probabilities, NAMES)
    for i, name in enumerate(NAMES):
        scores = {
            threshold: MultiLabelReport(labels, probabilities, NAMES, threshold=threshold)
            .scores.classes[name].f1
            for threshold in np.unique(probabilities[:, i]).tolist()
        }  # fmt: skip
        assert scores[report.best_thresholds[name]] == max(scores.values())


def test_errors_and_picture():
    pytest.importorskip("matplotlib")
    labels, probabilities = random_case()
    report = MultiLabelReport(labels, probabilities, NAMES, [f"text {i}" for i in range(30)])
    assert len(report.errors) == ((labels == 1) != (probabilities >= 0.5)).sum()
    gaps = [abs(error.score - 0.5) for error in report.errors]
    assert gaps == sorted(gaps, reverse=True)
    first = report.errors[0]
    assert first.is_true == bool(labels[first.row, NAMES.index(first.label)])
    assert f"text {first.row}" in str(report)
    assert len(report.plot().axes) == 2
