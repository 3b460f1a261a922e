"""Dropout on PyTorch in a CPU."""

from typing import Any

_LEVELS = 2**16


def drop(x: Any, rate: float) -> Any:
    """Return x with a share of its values set to zero, and the others divided by the rest.

    PyTorch draws a number for each value, one after the other; here one of 64 bits does for four,
    which takes half the time. So the rate is rounded to a multiple of 2**-16. The bits are of
    PyTorch's global generator, which gradient checkpointing puts back.

    Args:
        x: float tensor of any shape, in a CPU.
        rate: float in (0, 1), the probability of a zero.
    """
    import torch

    num_zeros = max(round(rate * _LEVELS), 1)  # of the levels
    numbers = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    levels = numbers.view(torch.int16)[: x.numel()].view(x.shape)
    factors = (levels >= num_zeros - _LEVELS // 2).to(x.dtype)
    return x * factors.mul_(_LEVELS / (_LEVELS - num_zeros))
