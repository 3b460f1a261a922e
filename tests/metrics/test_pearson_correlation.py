import warnings

import keras
import numpy as np
import pytest
import scipy.stats

from kerabert.metrics import PearsonCorrelation, SpearmanCorrelation


def check_correlation(num_cases, make, peer):
    """Beside scipy, in batches of different sizes, with ties, constants and a large offset."""
    generator = np.random.default_rng(0)
    metric = make()
    for case in range(num_cases):
        y = generator.normal(size=20) * 10.0 ** generator.integers(-3, 4)
        p = y * generator.integers(-1, 2) + generator.normal(size=20)
        if case % 3 == 0:
            y, p = np.round(y), np.round(p)
        if case % 3 == 1:
            y = y + 100.0
        if case % 10 == 0:
            p[:] = 0.1
        y, p = y.astype("float32"), p.astype("float32")
        metric.reset_state()
        for part in (slice(0, 6), slice(6, 12), slice(12, 20)):
            metric.update_state(y[part], p[part])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = peer(y.astype("float64"), p.astype("float64")).statistic
        found = float(metric.result())
        assert found == (0 if np.isnan(expected) else pytest.approx(expected, abs=3e-6)), case


def check_rest(make, peer):
    """Weights, several outputs, NaN, the config."""
    generator = np.random.default_rng(1)
    y, p = generator.integers(0, 5, (2, 12, 2)).astype("float32")
    weights = np.array([0, 1, 2, 3] * 3)
    metric = make(num_outputs=2)
    for part in (slice(0, 7), slice(7, 12)):
        metric.update_state(y[part], p[part], weights[part])
    repeated = [np.repeat(values, weights, axis=0) for values in (y, p)]
    expected = np.mean([peer(*(v[:, i] for v in repeated)).statistic for i in range(2)])
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)
    # What has no weight may be anything, and else NaN shows.
    metric.update_state(np.full((1, 2), np.nan), p[:1], np.array([0.0]))
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)
    metric.update_state(np.array([[np.nan, 1]]), p[:1])
    assert np.isnan(float(metric.result()))
    metric.reset_state()
    assert float(metric.result()) == 0
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.get_config() == metric.get_config() and metric._direction == "up"
    with pytest.raises(ValueError, match="`num_outputs` must be"):
        make(num_outputs=0)


def test_equal_to_scipy():
    check_correlation(60, PearsonCorrelation, scipy.stats.pearsonr)


@pytest.mark.slow
def test_equal_to_scipy_in_many_cases():
    check_correlation(10_000, PearsonCorrelation, scipy.stats.pearsonr)


def test_the_rest():
    check_rest(PearsonCorrelation, scipy.stats.pearsonr)


def test_many_rows_and_a_compiled_step():
    """Both metrics in `fit`, where the state is kept by each backend in its own way."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(3000, 1)).astype("float32")
    y = x + generator.normal(size=(3000, 1)).astype("float32")
    model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=[PearsonCorrelation(), SpearmanCorrelation()])
    for _ in range(2):
        logs = model.evaluate(x, y, batch_size=1024, verbose=0, return_dict=True)
        expected = scipy.stats.pearsonr(x[:, 0], y[:, 0]).statistic
        assert logs["pearson"] == pytest.approx(expected, abs=1e-5)
        expected = scipy.stats.spearmanr(x[:, 0], y[:, 0]).statistic
        assert logs["spearman"] == pytest.approx(expected, abs=1e-5)
