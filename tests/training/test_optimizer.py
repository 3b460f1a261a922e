import keras
import numpy as np
import pytest

from kerabert.training import BertAdamW, WarmupLinearDecay
from kerabert.training.optimizer import find_fit_schedule, plan_fit
from tests.checks import largest_difference, to_numpy

NAMES = ("kernel", "bias", "gamma", "beta", "embeddings")


def make_variables():
    rng = np.random.default_rng(0)
    return [keras.Variable(rng.normal(size=(3, 4)).astype("float32"), name=name) for name in NAMES]


def make_gradients(step):
    rng = np.random.default_rng(10 + step)
    return [rng.normal(size=(3, 4)).astype("float32") * 10.0 ** -(2 * i) for i in range(5)]


def reference(optimizer, variables, steps, rates):
    """AdamW as Kingma and Ba (section 2, last paragraph) and Loshchilov and Hutter write it."""
    values = [to_numpy(v.value).astype("float64") for v in variables]
    first, second = ([np.zeros((3, 4)) for _ in values] for _ in "mv")
    for step in range(steps):
        gradients = [g.astype("float64") for g in make_gradients(step)]
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        rate = rates[step]
        for i, gradient in enumerate(gradients):
            gradient = gradient * min(1.0, 1.0 / norm)
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.999 * second[i] + 0.001 * gradient**2
            if NAMES[i] in ("kernel", "embeddings"):
                values[i] -= rate * 0.01 * values[i]
            corrected = rate * np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
            values[i] -= corrected * first[i] / (np.sqrt(second[i]) + 1e-6)
    return values


def apply_steps(optimizer, variables, steps):
    optimizer.build(variables)
    for step in range(steps):
        gradients = [keras.ops.convert_to_tensor(g) for g in make_gradients(step)]
        optimizer.apply(gradients, variables)


def test_equals_the_formula():
    variables = make_variables()
    optimizer = BertAdamW(WarmupLinearDecay(0.1, total_steps=6, warmup_rate=0.34))
    expected = reference(optimizer, variables, 6, [0.0, 0.05, 0.1, 0.075, 0.05, 0.025])
    apply_steps(optimizer, variables, 6)
    assert largest_difference([v.value for v in variables], expected) < 1e-5


def test_is_keras_own_adamw_in_other_words():
    ours, theirs = make_variables(), make_variables()
    schedule = WarmupLinearDecay(0.1, total_steps=6)
    apply_steps(BertAdamW(schedule), ours, 5)
    plain = keras.optimizers.AdamW(schedule, weight_decay=0.01, epsilon=1e-6, global_clipnorm=1.0)
    plain.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    apply_steps(plain, theirs, 5)
    assert largest_difference([v.value for v in ours], [v.value for v in theirs]) < 1e-5


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="PyTorch's memory layouts")
def test_any_memory_layout():
    """PyTorch's fused kernel would pair the numbers of transposed tensors wrongly."""
    import torch

    expected, variables = make_variables(), make_variables()
    schedule = WarmupLinearDecay(0.1, total_steps=6)
    apply_steps(BertAdamW(schedule), expected, 3)
    variables[0].value.data = variables[0].value.data.T.contiguous().T
    optimizer = BertAdamW(schedule)
    optimizer.build(variables)
    for step in range(3):
        gradients = [torch.from_numpy(g) for g in make_gradients(step)]
        gradients[1] = gradients[1].T.contiguous().T
        optimizer.apply(gradients, variables)
    assert largest_difference([v.value for v in variables], [v.value for v in expected]) < 1e-5


def test_repeated_ids_count_together():
    """TensorFlow's sparse gradient of an embedding must act as the dense one."""
    results = []
    for ids in ([1, 1, 2], None):
        keras.utils.set_random_seed(1)
        if ids:
            inputs = keras.Input((3,), dtype="int32")
            layer = keras.layers.Embedding(4, 2)
            x = np.array([ids, ids], "int32")
        else:  # the same as a dense layer of one-hot vectors
            inputs = keras.Input((3, 4))
            layer = keras.layers.Dense(2, use_bias=False)
            x = np.eye(4, dtype="float32")[np.array([[1, 1, 2]] * 2)]
        model = keras.Model(inputs, layer(inputs))
        layer.set_weights([np.arange(8, dtype="float32").reshape(4, 2) / 8])
        optimizer = BertAdamW(
            WarmupLinearDecay(0.1, total_steps=9, warmup_rate=0), exclude_from_decay=["e"]
        )
        model.compile(optimizer, "mse")
        target = np.tile(np.array([[[3.0, 1], [2, 2], [1, 5]]], "float32"), (2, 1, 1))
        model.fit(x, target, epochs=3, verbose=0)
        results.append(layer.get_weights()[0])
    assert largest_difference(*results) < 1e-5


def test_config():
    optimizer = BertAdamW(3e-5, weight_decay=0.1, exclude_from_decay=["bias"])
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is BertAdamW
    assert again.get_config() == optimizer.get_config()
    variables = make_variables()
    again.build(variables)
    decayed = [name for name, v in zip(NAMES, variables, strict=True) if again._use_weight_decay(v)]
    assert decayed == ["kernel", "gamma", "beta", "embeddings"]


def test_find_fit_schedule():
    optimizer = BertAdamW(1e-4)
    schedule = find_fit_schedule(optimizer)
    assert schedule is not None and schedule.peak_learning_rate == 1e-4
    scaled = keras.optimizers.LossScaleOptimizer(optimizer)
    assert find_fit_schedule(scaled) is schedule
    assert find_fit_schedule(BertAdamW(WarmupLinearDecay(1.0, total_steps=5))) is None
    assert find_fit_schedule(keras.optimizers.Adam()) is None


def test_plan_fit():
    optimizer = BertAdamW(1e-4)
    optimizer.build(make_variables())
    optimizer.iterations.assign(25)
    assert plan_fit(optimizer, 10, 3, 2)
    schedule = find_fit_schedule(optimizer)
    assert (schedule.first_step, schedule.total_steps) == (5, 30)
    assert not plan_fit(optimizer, 10, 3, 2)
    assert not plan_fit(keras.optimizers.Adam(), None, 1, 0)
    with pytest.raises(ValueError, match="give `steps_per_epoch`"):
        plan_fit(optimizer, None, 1, 0)


def test_bad_learning_rate():
    with pytest.raises(ValueError, match="`peak_learning_rate` must be a positive number"):
        BertAdamW(0.0)
