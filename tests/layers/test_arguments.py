import numpy as np
import pytest

from kerabert.layers.arguments import (
    check_heads_divide,
    check_positive_integers,
    check_positive_numbers,
    check_rates,
)


def test_good_values_pass():
    check_positive_integers(num_layers=1, hidden_dim=np.int64(8))
    check_rates(dropout_rate=0, attention_dropout_rate=0.999)
    check_positive_numbers(layer_norm_epsilon=1e-12)
    check_heads_divide(4, 8)


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "2", None])
def test_not_a_positive_integer(value):
    with pytest.raises(ValueError, match=r"`num_layers` must be a positive integer. Received: num"):
        check_positive_integers(hidden_dim=1, num_layers=value)


@pytest.mark.parametrize("value", [-0.1, 1, 1.5, True, "0.1", None, float("nan")])
def test_not_a_rate(value):
    with pytest.raises(ValueError, match=r"`dropout_rate` must lie in \[0, 1\)"):
        check_rates(dropout_rate=value)


@pytest.mark.parametrize("value", [0, -1e-9, float("inf"), float("nan"), True, "1", None])
def test_not_a_positive_number(value):
    with pytest.raises(ValueError, match=r"`layer_norm_epsilon` must be a positive number"):
        check_positive_numbers(layer_norm_epsilon=value)


def test_heads_that_do_not_divide():
    with pytest.raises(ValueError, match="Received: num_heads=5, hidden_dim=768"):
        check_heads_divide(5, 768)
