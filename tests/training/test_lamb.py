import keras
import numpy as np

from kerabert.training import BertLamb, WarmupLinearDecay
from tests.checks import largest_difference, to_numpy
from tests.training.test_optimizer import NAMES, apply_steps, make_gradients, make_variables

RATES = [0.0, 0.05, 0.1, 0.075, 0.05, 0.025]


def reference(variables, steps):
    """Algorithm 2 of You et al., with phi the identity, biases and LayerNorm left out."""
    values = [to_numpy(v.value).astype("float64") for v in variables]
    first, second = ([np.zeros((3, 4)) for _ in values] for _ in "mv")
    for step in range(steps):
        gradients = [g.astype("float64") for g in make_gradients(step)]
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        for i, gradient in enumerate(gradients):
            gradient = gradient * min(1.0, 1.0 / norm)
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.999 * second[i] + 0.001 * gradient**2
            r = first[i] / (1 - 0.9 ** (step + 1))
            r = r / (np.sqrt(second[i] / (1 - 0.999 ** (step + 1))) + 1e-6)
            if NAMES[i] in ("kernel", "embeddings"):
                r = r + 0.01 * values[i]
                r *= np.linalg.norm(values[i]) / np.linalg.norm(r)
            values[i] = values[i] - RATES[step] * r
    return values


def test_equals_the_formula():
    variables = make_variables()
    expected = reference(variables, 6)
    apply_steps(BertLamb(WarmupLinearDecay(0.1, total_steps=6, warmup_rate=0.34)), variables, 6)
    assert largest_difference([v.value for v in variables], expected) < 1e-5


def test_a_variable_of_zeros_takes_the_plain_step():
    variable = keras.Variable(np.zeros((3, 4), "float32"), name="kernel")
    optimizer = BertLamb(keras.optimizers.schedules.ExponentialDecay(0.1, 1, 1.0))
    optimizer.build([variable])
    optimizer.apply([keras.ops.ones((3, 4)) * 1e-3], [variable])
    # The first step of Adam is the sign of the gradient, but for epsilon.
    np.testing.assert_allclose(to_numpy(variable.value), -0.1, rtol=2e-3)


def test_its_config_makes_it_again():
    optimizer = BertLamb(2e-3, exclude_from_decay=["gamma"])
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert again.exclude_from_decay == ("gamma",)
    assert again.get_config() == optimizer.get_config()
