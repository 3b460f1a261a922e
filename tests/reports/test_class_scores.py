import numpy as np
import pytest

from kerabert.reports import ClassScores


def compare(num_cases):
    metrics = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(0)
    for case in range(num_cases):
        num_rows, num_classes = generator.integers(1, 40), int(generator.integers(2, 7))
        names = [f"class {i}" for i in range(num_classes)]
        if case % 2:
            labels, found = (generator.integers(0, num_classes, num_rows) for _ in range(2))
            eye = np.eye(num_classes, dtype=bool)
            true, predicted = eye[labels], eye[found]
        else:
            true, predicted = (generator.random((num_rows, num_classes)) < 0.4 for _ in range(2))
            labels, found = true, predicted
        scores = ClassScores.count(names, true, predicted)
        expected = metrics.precision_recall_fscore_support(
            labels, found, labels=range(num_classes), zero_division=0
        )
        for name, *values in zip(names, *expected, strict=True):
            one = scores.classes[name]
            assert (one.precision, one.recall, one.f1, one.num_true) == pytest.approx(tuple(values))
        for average in ("micro", "macro", "weighted"):
            # scikit-learn's means are over the classes that occur where each row has one.
            which = np.flatnonzero(true.any(axis=0) | predicted.any(axis=0))
            value = metrics.f1_score(labels, found, labels=which, average=average, zero_division=0)
            if len(which):
                assert getattr(scores, f"{average}_f1") == pytest.approx(value)


def test_equal_to_scikit_learn():
    compare(60)


@pytest.mark.slow
def test_equal_to_scikit_learn_in_many_cases():
    compare(10_000)


def test_nothing_occurs():
    nothing = np.zeros((2, 2), bool)
    scores = ClassScores.count(["a", "b"], nothing, nothing)
    assert scores.macro_f1 == scores.micro_f1 == scores.weighted_f1 == 0.0
    assert str(scores).splitlines()[0].split() == ["class", "precision", "recall", "F1", "number"]
