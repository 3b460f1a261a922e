import keras
import numpy as np
import pytest

from kerabert.layers import EncoderBlock
from tests.checks import check_layer, largest_difference, to_numpy

X = np.random.default_rng(0).normal(size=(3, 5, 8)).astype("float32")
MASK = np.arange(5)[None, :] < np.array([[5], [3], [1]])


def make(**kwargs):
    settings = {"dropout_rate": 0.0, "attention_dropout_rate": 0.0, "initializer_range": 0.5}
    return EncoderBlock(2, 16, **{**settings, **kwargs})


def test_layer():
    check_layer(make, (X, MASK), X.shape)


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
def test_equals_the_layer_of_transformers(activation):
    torch = pytest.importorskip("torch")
    bert = pytest.importorskip("transformers.models.bert.modeling_bert")
    config = bert.BertConfig(
        hidden_size=8,
        num_attention_heads=2,
        intermediate_size=16,
        hidden_act=activation,
        layer_norm_eps=1e-3,
    )
    config._attn_implementation = "eager"
    peer = bert.BertLayer(config).eval()
    block = make(activation=activation, layer_norm_epsilon=1e-3)
    block(X)
    rng = np.random.default_rng(1)
    block.set_weights([rng.normal(size=w.shape).astype("float32") for w in block.get_weights()])
    layers = {
        "attention.self.query": block.attention.query,
        "attention.self.key": block.attention.key,
        "attention.self.value": block.attention.value,
        "attention.output.dense": block.attention.output_projection,
        "attention.output.LayerNorm": block.attention_layer_norm,
        "intermediate.dense": block.intermediate,
        "output.dense": block.output_projection,
        "output.LayerNorm": block.output_layer_norm,
    }
    state = {}
    for name, layer in layers.items():
        weight, bias = layer.get_weights()
        state |= {f"{name}.weight": torch.tensor(weight.T), f"{name}.bias": torch.tensor(bias)}
    peer.load_state_dict(state)
    added_mask = torch.tensor(np.where(MASK, 0.0, -1e30)[:, None, None, :], dtype=torch.float32)
    with torch.no_grad():
        expected = peer(torch.tensor(X), attention_mask=added_mask)
    expected = expected[0] if isinstance(expected, tuple) else expected
    assert largest_difference(block(X, MASK), expected.numpy()) < 1e-5


def test_attention_weights_on_request():
    block = make()
    output, weights = block(X, MASK, return_attention_weights=True)
    assert largest_difference(output, block(X, MASK)) < 1e-5
    weights = to_numpy(weights)
    assert weights.shape == (3, 2, 5, 5)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    assert (weights[~np.broadcast_to(MASK[:, None, None, :], weights.shape)] == 0).all()


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_gradient_checkpointing_changes_no_number(rate):
    """With dropout too: the second forward pass must draw the masks of the first."""
    trained = []
    for gradient_checkpointing in (False, True):
        keras.utils.set_random_seed(3)
        inputs = keras.Input((None, 8))
        block = make(
            dropout_rate=rate,
            attention_dropout_rate=rate,
            gradient_checkpointing=gradient_checkpointing,
        )
        model = keras.Model(inputs, block(inputs))
        model.compile(keras.optimizers.SGD(1.0), "mse")
        model.fit(X, X[::-1].copy(), epochs=3, batch_size=3, shuffle=False, verbose=0)
        trained.append([keras.ops.convert_to_numpy(w) for w in block.trainable_weights])
    assert largest_difference(*trained) < 1e-5


def test_dropout_acts_in_training_only():
    block = make(dropout_rate=0.5)
    output = block(X, MASK)
    assert largest_difference(block(X, MASK, training=False), output) == 0
    assert largest_difference(block(X, MASK, training=True), output) > 1e-2


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_heads", 0), ("intermediate_dim", -1), ("dropout_rate", 1.0), ("activation", "gelo")],
)
def test_bad_arguments(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must"):
        EncoderBlock(**{"num_heads": 2, "intermediate_dim": 16, name: value})
