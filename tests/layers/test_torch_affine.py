import keras
import numpy as np
import pytest

if keras.backend.backend() != "torch":
    pytest.skip("torch_affine is of PyTorch", allow_module_level=True)

import torch

from kerabert.layers import torch_affine
from kerabert.layers.torch_affine import one_dnn_affine, takes_one_dnn

pytestmark = pytest.mark.skipif(
    not torch_affine._HAS_ONE_DNN, reason="this PyTorch has no oneDNN for this processor"
)


def draw(*shapes, dtype=torch.float32):
    generator = np.random.default_rng(0)
    return [
        torch.tensor(generator.normal(size=shape), dtype=dtype, requires_grad=True)
        for shape in shapes
    ]


@pytest.mark.parametrize("shape", [(16, 12), (4, 8, 12), (2, 3, 5, 12), (1, 12)])
@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("transposed", [True, False])
def test_values_and_gradients(shape, with_bias, transposed):
    shapes = [shape, (7, 12) if transposed else (12, 7), (7,)][: 2 + with_bias]
    outcomes = []
    for dtype in (torch.float32, torch.float64):
        arrays = draw(*shapes, dtype=dtype)
        x, kernel, bias = *arrays[:2], arrays[2] if with_bias else None
        kernel = kernel.t() if transposed else kernel
        if dtype == torch.float32:
            y = one_dnn_affine(x, kernel, bias)
            with torch.no_grad():
                assert torch.equal(y, one_dnn_affine(x, kernel, bias))
        else:
            y = x @ kernel if bias is None else x @ kernel + bias
        y.square().sum().backward()
        outcomes.append([y, *(array.grad for array in arrays)])
    for found, expected in zip(*outcomes, strict=True):
        assert found.shape == expected.shape
        assert (found - expected).abs().max() < 1e-5 * expected.abs().max()


def test_inputs_in_any_order_of_memory():
    x, kernel = draw((12, 8, 4), (12, 7))
    x = x.permute(1, 2, 0)
    assert (one_dnn_affine(x, kernel, None) - x @ kernel).abs().max() < 1e-5


def test_what_does_not_train_gets_no_gradient():
    x, kernel, bias = draw((16, 12), (12, 7), (7,))
    kernel.requires_grad_(False)
    one_dnn_affine(x, kernel, bias).sum().backward()
    assert kernel.grad is None
    assert x.grad is not None
    assert bias.grad is not None


def test_what_it_takes():
    x, kernel, bias = draw((4, 4, 12), (12, 7), (7,))
    assert takes_one_dnn(x, kernel, bias)
    assert takes_one_dnn(x, kernel, None)
    assert not takes_one_dnn(x[:1, :1], kernel, None)  # a single row
    assert not takes_one_dnn(x.double(), kernel.double(), None)
    assert not takes_one_dnn(x.bfloat16(), kernel, bias)
    assert not takes_one_dnn(x.to("meta"), kernel, bias)
    assert not takes_one_dnn(x[:0], kernel, bias)
    with torch.backends.mkldnn.flags(enabled=False):
        assert not takes_one_dnn(x, kernel, bias)


def test_traced_and_exported_graphs_hold_what_every_runtime_knows():
    class Model(torch.nn.Module):
        def forward(self, x):
            assert not takes_one_dnn(x, kernel, bias)
            return x @ kernel + bias

    x, kernel, bias = (array.detach() for array in draw((4, 4, 12), (12, 7), (7,)))
    torch.jit.trace(Model(), (x,), check_trace=False)
    torch.export.export(Model(), (x,))
