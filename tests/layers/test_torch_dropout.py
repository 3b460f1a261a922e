import keras
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from kerabert.layers.torch_dropout import drop  # noqa: E402
from tests.checks import check_dropped  # noqa: E402


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_drops_its_share_elsewhere_each_time(rate):
    torch.manual_seed(7)
    x = torch.full((499, 401), 3.0)
    ones, others = ((drop(x, rate) == 0).numpy() for _ in "ab")
    check_dropped(ones, others, rate)


def test_keeps_the_mean_and_the_dtype_and_has_the_gradient_of_its_mask():
    x = torch.ones((200, 301), requires_grad=True)
    y = drop(x, 0.25)
    values = y.detach().numpy()
    assert values.max() == pytest.approx(1 / 0.75) and abs(values.mean() - 1) < 0.02
    y.sum().backward()
    assert np.array_equal(x.grad.numpy(), values)
    assert drop(torch.ones(3, 5, dtype=torch.bfloat16), 0.1).dtype == torch.bfloat16
    assert (drop(torch.ones(1000), 1e-9) == 0).sum() < 10
    assert drop(torch.ones(0, 4), 0.1).shape == (0, 4)


def test_is_what_the_layer_draws_on_pytorch():
    if keras.backend.backend() != "torch":
        pytest.skip("the backend is another one")
    from kerabert.layers.dropout import ReplayableDropout

    x = torch.ones(40, 50)
    torch.manual_seed(3)
    expected = drop(x, 0.3)
    torch.manual_seed(3)
    assert torch.equal(ReplayableDropout(0.3)(x, training=True), expected)
