import keras
import numpy as np
import pytest

from kerabert.training import WarmupLinearDecay


@pytest.mark.parametrize(("total", "warmup_rate"), [(100, 0.1), (7, 0.0), (1, 0.1), (10, 0.99)])
def test_is_the_schedule_of_transformers(total, warmup_rate):
    optimization = pytest.importorskip("transformers.optimization")
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    warmup = round(warmup_rate * total)
    peer = optimization.get_linear_schedule_with_warmup(optimizer, warmup, total)
    schedule = WarmupLinearDecay(2.0, total_steps=total, warmup_rate=warmup_rate)
    for step in range(total + 3):
        assert float(schedule(step)) == pytest.approx(peer.get_last_lr()[0], abs=1e-6)
        optimizer.step()
        peer.step()


def test_a_plan_moves_the_start():
    schedule = WarmupLinearDecay(1.0)
    assert schedule.follows_fit
    assert schedule.plan(first_step=50, total_steps=10)
    assert not schedule.plan(first_step=50, total_steps=10)
    assert [round(float(schedule(s)), 4) for s in (50, 51, 60)] == [0.0, 1.0, 0.0]


def test_config():
    schedule = WarmupLinearDecay(0.5, warmup_rate=0.2)
    schedule.plan(3, 40)
    schedules = keras.optimizers.schedules
    again = schedules.deserialize(schedules.serialize(schedule))
    assert again.get_config() == schedule.get_config()
    assert again.follows_fit
    np.testing.assert_allclose(float(again(20)), float(schedule(20)))


def test_bad_arguments():
    with pytest.raises(ValueError, match="`total_steps` must be known"):
        WarmupLinearDecay(1.0)(0)
    with pytest.raises(ValueError, match="`warmup_rate` must lie"):
        WarmupLinearDecay(1.0, warmup_rate=1.0)
    with pytest.raises(ValueError, match="`peak_learning_rate` must be"):
        WarmupLinearDecay(-1.0)
    with pytest.raises(ValueError, match="`total_steps` must be"):
        WarmupLinearDecay(1.0, total_steps=0)
