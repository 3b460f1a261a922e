import math

import keras
import numpy as np
import pytest

from kerabert.layers import MaskedLMHead
from tests.checks import check_layer, largest_difference

X = np.random.default_rng(0).normal(size=(2, 6, 8)).astype("float32")
POSITIONS = np.array([[1, 4, 1], [5, 0, 2]], "int32")


def make_tied(**kwargs):
    return MaskedLMHead(keras.layers.Embedding(12, 8), initializer_range=0.3, **kwargs)


def make_untied(**kwargs):
    return MaskedLMHead(vocabulary_size=12, initializer_range=0.3, **kwargs)


@pytest.mark.parametrize("make", [make_tied, make_untied])
def test_layer(make):
    check_layer(make, (X, POSITIONS), (2, 3, 12), half_dtype="float32")


@pytest.mark.parametrize("make", [make_tied, make_untied])
def test_equals_the_formula(make):
    head = make(layer_norm_epsilon=1e-3)
    head.build(X.shape)
    random = np.random.default_rng(1)
    for layer in (head.dense, head.layer_norm):
        layer.set_weights([random.normal(size=w.shape) for w in layer.get_weights()])
    bias = random.normal(size=12).astype("float32")
    head.bias.assign(bias)
    table = keras.ops.convert_to_numpy(
        head.table if make is make_untied else head.token_embedding.embeddings
    )
    kernel, dense_bias = head.dense.get_weights()
    gamma, beta = head.layer_norm.get_weights()
    x = np.stack([X[row][POSITIONS[row]] for row in range(2)]) @ kernel + dense_bias
    x = x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3)
    expected = (x * gamma + beta) @ table.T + bias
    assert largest_difference(head(X, POSITIONS), expected) < 1e-4


def test_without_positions_all_are_predicted():
    head = make_untied()
    every = np.tile(np.arange(6, dtype="int32"), (2, 1))
    assert largest_difference(head(X), head(X, every)) < 1e-6
    assert head(keras.Input((None, 8))).shape == (None, None, 12)


def test_a_tied_table_is_the_embedding_itself():
    tied, untied = make_tied(), make_untied()
    outputs = tied(X, POSITIONS)
    untied(X, POSITIONS)
    # Kernel, bias, gamma, beta and the bias of the logits, and one table.
    assert len(tied.weights) == len(untied.weights) == 6
    assert tied.table is None
    assert any(weight is tied.token_embedding.embeddings for weight in tied.weights)
    tied.token_embedding.embeddings.assign(2 * tied.token_embedding.embeddings)
    assert largest_difference(tied(X, POSITIONS), 2 * outputs) < 1e-5  # the bias is 0


def test_a_model_of_ones_own_stays_tied(tmp_path):
    token_ids, positions = (keras.Input((None,), dtype="int32") for _ in range(2))
    embedding = keras.layers.Embedding(12, 8)
    outputs = MaskedLMHead(embedding)(embedding(token_ids), positions)
    model = keras.Model([token_ids, positions], outputs)
    x = [np.array([[1, 2, 3]]), np.array([[0, 2]])]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert largest_difference(loaded.predict(x, verbose=0), model.predict(x, verbose=0)) == 0
    (head,) = (layer for layer in loaded.layers if isinstance(layer, MaskedLMHead))
    assert head.token_embedding in loaded.layers
    assert len(loaded.weights) == 6


def test_the_bias_is_not_rounded_in_half_precision():
    head = make_untied(dtype="mixed_bfloat16")
    head.build(X.shape)
    head.bias.assign(np.full(12, 1.001))
    zeros = np.zeros_like(X)  # LayerNorm makes zeros of them
    assert largest_difference(head(zeros, POSITIONS), np.full((2, 3, 12), 1.001)) < 1e-6


@pytest.mark.parametrize("position", [-1, 6])
def test_positions_out_of_range(position):
    with pytest.raises(ValueError, match=r"`mask_positions` must lie in 0..5"):
        make_untied()(X, np.full((2, 3), position))


def test_inputs_of_another_size():
    with pytest.raises(ValueError, match="Received: hidden_dim=6"):
        make_tied()(X[:, :, :6], POSITIONS)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({}, "`vocabulary_size` must be a positive integer. Received: vocabulary_size=None"),
        ({"vocabulary_size": 0}, "`vocabulary_size` must be a positive integer"),
        (
            {"vocabulary_size": 11, "token_embedding": keras.layers.Embedding(12, 8)},
            "that of `token_embedding`, 12. Received: vocabulary_size=11",
        ),
        ({"token_embedding": keras.layers.Dense(8)}, "Received: a Dense"),
        ({"vocabulary_size": 12, "activation": "geluu"}, "`activation` must be one of"),
        ({"vocabulary_size": 12, "layer_norm_epsilon": 0}, "`layer_norm_epsilon` must be"),
        ({"vocabulary_size": 12, "initializer_range": -1}, "`initializer_range` must be"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        MaskedLMHead(**kwargs)
