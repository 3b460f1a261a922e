import numpy as np
import pytest
import scipy.stats

from kerabert.reports import RegressionReport


def test_equal_to_scipy():
    generator = np.random.default_rng(0)
    for _ in range(20):
        numbers = generator.integers(0, 6, (30, 2)).astype(float)  # many are equal
        predicted = numbers + generator.normal(size=(30, 2)).round(1)
        report = RegressionReport(numbers, predicted)
        for name in ("pearson", "spearman"):
            function = getattr(scipy.stats, f"{name}r")
            expected = [function(numbers[:, i], predicted[:, i]).statistic for i in range(2)]
            assert getattr(report, name) == pytest.approx(np.mean(expected))
        assert report.mean_absolute_error == pytest.approx(np.abs(numbers - predicted).mean())


def test_the_largest_errors_come_first():
    numbers, predicted = np.array([[1.0], [2.0], [3.0]]), np.array([[1.5], [0.0], [3.0]])
    report = RegressionReport(numbers, predicted, ["a", "b", "c"])
    assert [error.text for error in report.errors] == ["b", "a", "c"]
    assert report.errors[0][2:] == (2.0, 0.0, 0)
    assert "2.00 predicted as  0.00: b" in str(report)


def test_numbers_that_are_all_the_same():
    assert np.isnan(RegressionReport(np.ones((3, 1)), np.arange(3.0)[:, None]).pearson)


def test_a_picture():
    pytest.importorskip("matplotlib")
    figure = RegressionReport(np.arange(6.0).reshape(3, 2), np.ones((3, 2))).plot()
    assert len(figure.axes[0].collections) == 2
