import numpy as np
import pytest

from kerabert.reports import Calibration


def test_equals_a_plain_loop():
    generator = np.random.default_rng(0)
    for num_bins in (1, 5, 10):
        confidence, is_right = generator.random(50), generator.random(50) < 0.5
        confidence[:3] = 0.0, 0.2, 1.0  # a bin ends with its upper bound
        found = Calibration.measure(confidence, is_right, num_bins)
        error = 0.0
        for i in range(num_bins):
            low, high = i / num_bins, (i + 1) / num_bins
            inside = (confidence > low) & (confidence <= high) | ((i == 0) & (confidence == 0))
            assert found.counts[i] == inside.sum()
            if inside.any():
                gap = abs(is_right[inside].mean() - confidence[inside].mean())
                error += gap * inside.mean()
        assert found.expected_error == pytest.approx(error)


def test_a_sure_and_right_model_has_no_error():
    found = Calibration.measure(np.ones(4), np.ones(4, bool))
    assert found.expected_error == 0.0 and found.counts.tolist() == [0] * 9 + [4]
