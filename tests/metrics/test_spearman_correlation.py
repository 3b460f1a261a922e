import numpy as np
import pytest
import scipy.stats

from kerabert.metrics import SpearmanCorrelation
from tests.metrics.test_pearson_correlation import check_correlation, check_rest


def make(**kwargs):
    return SpearmanCorrelation(max_rows=20, **kwargs)


def test_equal_to_scipy():
    check_correlation(60, make, scipy.stats.spearmanr)


@pytest.mark.slow
def test_equal_to_scipy_in_many_cases():
    check_correlation(10_000, make, scipy.stats.spearmanr)


def test_the_rest():
    check_rest(make, scipy.stats.spearmanr)
    with pytest.raises(ValueError, match="`max_rows` must be"):
        SpearmanCorrelation(max_rows=0)


def test_the_last_rows_are_kept():
    generator = np.random.default_rng(0)
    y, p = generator.normal(size=(2, 75)).astype("float32")
    metric = make()
    for part in (slice(0, 13), slice(13, 26), slice(26, 75)):  # the last is more than fits
        metric.update_state(y[part], p[part])
        last = slice(max(0, part.stop - 20), part.stop)
        expected = scipy.stats.spearmanr(y[last], p[last]).statistic
        assert float(metric.result()) == pytest.approx(expected, abs=1e-6)
    metric.update_state(y[:5], p[:5])
    rows = np.r_[60:75, 0:5]
    expected = scipy.stats.spearmanr(y[rows], p[rows]).statistic
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)
