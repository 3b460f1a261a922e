"""Checks of constructor arguments that several layers and models share."""

import math
from numbers import Integral, Real
from typing import Any


def check_positive_integers(**arguments: Any) -> None:
    """Raise `ValueError` for the first argument that is not an integer above zero."""
    for name, value in arguments.items():
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}")


def check_rates(**arguments: Any) -> None:
    """Raise `ValueError` for the first argument that is not a number in [0, 1)."""
    for name, value in arguments.items():
        if not isinstance(value, Real) or isinstance(value, bool) or not 0 <= float(value) < 1:
            raise ValueError(f"`{name}` must lie in [0, 1). Received: {name}={value!r}")


def check_positive_numbers(**arguments: Any) -> None:
    """Raise `ValueError` for the first argument that is not a finite number above zero."""
    for name, value in arguments.items():
        good = isinstance(value, Real) and not isinstance(value, bool)
        if not good or not 0 < float(value) < math.inf:
            raise ValueError(f"`{name}` must be a positive number. Received: {name}={value!r}")


def check_heads_divide(num_heads: int, hidden_dim: int) -> None:
    """Raise `ValueError` unless `hidden_dim` splits evenly over the heads."""
    if hidden_dim % num_heads:
        raise ValueError(
            "`num_heads` must divide `hidden_dim`. "
            f"Received: num_heads={num_heads}, hidden_dim={hidden_dim}."
        )
