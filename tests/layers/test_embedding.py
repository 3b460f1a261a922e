import numpy as np
import pytest

from kerabert.layers import BertEmbedding
from tests.checks import check_layer, largest_difference, to_numpy

TOKEN_IDS = np.array([[2, 17, 3, 0], [2, 5, 5, 3]], "int32")
SEGMENT_IDS = np.array([[0, 0, 0, 0], [0, 0, 1, 1]], "int32")


def make(**kwargs):
    return BertEmbedding(20, 8, max_sequence_length=6, dropout_rate=0.0, **kwargs)


def test_layer():
    # Four tokens of six positions are seen: a larger batch touches every row of every table.
    token_ids = np.arange(24).reshape(4, 6).astype("int32") % 20
    segment_ids = (np.arange(24).reshape(4, 6) % 2).astype("int32")
    check_layer(make, (token_ids, segment_ids), (4, 6, 8))


def test_equals_the_formula():
    layer = make(layer_norm_epsilon=1e-6)
    outputs = to_numpy(layer(TOKEN_IDS, SEGMENT_IDS))
    token, position, segment, gamma, beta = layer.get_weights()[:5]
    gamma, beta = (np.random.default_rng(i).normal(size=8) for i in (1, 2))
    layer.layer_norm.set_weights([gamma, beta])
    x = token[TOKEN_IDS] + position[None, :4] + segment[SEGMENT_IDS]
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)
    assert largest_difference(outputs, x) < 1e-5
    assert largest_difference(layer(TOKEN_IDS, SEGMENT_IDS), x * gamma + beta) < 1e-5


def test_segments_are_0_by_default():
    layer = make()
    assert largest_difference(layer(TOKEN_IDS), layer(TOKEN_IDS, 0 * SEGMENT_IDS)) == 0


def test_positions_that_are_given():
    layer = make()
    position_ids = np.array([[0, 1, 0, 5], [0, 1, 2, 0]])
    outputs = to_numpy(layer(TOKEN_IDS, SEGMENT_IDS, position_ids))
    token, position, segment = layer.get_weights()[:3]
    x = token[TOKEN_IDS] + position[position_ids] + segment[SEGMENT_IDS]
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    assert largest_difference(outputs, x) < 1e-4
    longer = np.zeros((1, 9), "int32")  # than there are positions
    assert tuple(layer(longer, position_ids=np.arange(9)[None] % 6).shape) == (1, 9, 8)


def test_layer_with_positions():
    token_ids = np.arange(24).reshape(4, 6).astype("int32") % 20
    segment_ids = (np.arange(24).reshape(4, 6) % 2).astype("int32")
    position_ids = (5 - np.arange(24).reshape(4, 6) % 6).astype("int32")
    check_layer(make, (token_ids, segment_ids, position_ids), (4, 6, 8))


def test_dropout_in_training_only():
    layer = BertEmbedding(20, 8, dropout_rate=0.5)
    assert (to_numpy(layer(TOKEN_IDS)) != 0).all()
    assert (to_numpy(layer(TOKEN_IDS, training=True)) == 0).any()


def test_bad_input():
    layer = make()
    with pytest.raises(ValueError, match=r"`token_ids` must lie in 0..19"):
        layer(TOKEN_IDS + 3)
    with pytest.raises(ValueError, match=r"`segment_ids` must lie in 0..1"):
        layer(TOKEN_IDS, SEGMENT_IDS - 1)
    with pytest.raises(ValueError, match=r"`position_ids` must lie in 0..5"):
        layer(TOKEN_IDS, SEGMENT_IDS, 0 * SEGMENT_IDS + 6)
    with pytest.raises(ValueError, match="Received: 7 tokens, max_sequence_length=6"):
        layer(np.zeros((1, 7), "int32"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("vocabulary_size", 0), ("hidden_dim", 1.5), ("dropout_rate", 1), ("layer_norm_epsilon", 0)],
)
def test_bad_arguments(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must"):
        BertEmbedding(**{"vocabulary_size": 20, "hidden_dim": 8, name: value})
