"""A product of float32 matrices for PyTorch on x86 processors, by oneDNN.

PyTorch multiplies float32 matrices by MKL, which does not use the wide instructions of AMD's
processors. oneDNN, which PyTorch has within it and takes for other types, does: it is twice as fast
there.
"""

import platform
from typing import Any

import torch

_HAS_ONE_DNN = (
    platform.machine().lower() in ("x86_64", "amd64")
    and torch.backends.mkldnn.is_available()
    and hasattr(torch.ops.mkldnn, "_linear_pointwise")
)
_FEWEST_ROWS = 2  # for a single one it does no better, and calling it costs more


def takes_one_dnn(x: Any, kernel: Any, bias: Any) -> bool:
    """Whether `one_dnn_affine` can take these and is faster: plain float32 tensors in the CPU.

    A graph that is traced, compiled or exported keeps the operations that every runtime knows.
    """
    arrays = (x, kernel) if bias is None else (x, kernel, bias)
    return (
        _HAS_ONE_DNN
        and torch.backends.mkldnn.enabled
        and not torch.compiler.is_compiling()
        and not torch.jit.is_tracing()
        and all(
            type(array) in (torch.Tensor, torch.nn.Parameter)
            and array.device.type == "cpu"
            and array.dtype == torch.float32
            and array.numel() > 0
            for array in arrays
        )
        and x.numel() >= _FEWEST_ROWS * x.shape[-1]
    )


def one_dnn_affine(x: Any, kernel: Any, bias: Any) -> Any:
    """Return `x @ kernel + bias` for `x` (..., inputs) and `kernel` (inputs, outputs).

    Args:
        bias: float tensor (outputs,) or None.
    """
    needs_gradients = torch.is_grad_enabled() and (
        x.requires_grad or kernel.requires_grad or (bias is not None and bias.requires_grad)
    )
    if needs_gradients:
        return _OneDnnAffine.apply(x, kernel, bias)
    return _times_transposed(x, kernel.t(), bias)


def _times_transposed(x: Any, weight: Any, bias: Any = None) -> Any:
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


class _OneDnnAffine(torch.autograd.Function):
    @staticmethod
    def forward(x: Any, kernel: Any, bias: Any) -> Any:
        return _times_transposed(x, kernel.t(), bias)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        x, kernel, _ = inputs
        ctx.save_for_backward(x, kernel)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Any) -> Any:
        x, kernel = ctx.saved_tensors
        of_x, of_kernel, of_bias = ctx.needs_input_grad
        rows = x.reshape(-1, x.shape[-1])
        gradients = gradient.reshape(-1, gradient.shape[-1])
        return (
            _times_transposed(gradient.contiguous(), kernel) if of_x else None,
            _times_transposed(rows.t(), gradients.t()) if of_kernel else None,
            gradients.sum(0) if of_bias else None,
        )
