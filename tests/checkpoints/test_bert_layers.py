import keras
import numpy as np
import pytest

from kerabert.checkpoints.bert_layers import (
    backbone_layers,
    backbone_shapes,
    layer_tensors,
    layer_variables,
)
from tests.tiny import make_backbone


@pytest.mark.parametrize("use_pooler", [True, False])
def test_names_and_shapes_are_those_of_transformers(use_pooler):
    transformers = pytest.importorskip("transformers")
    backbone = make_backbone(use_pooler=use_pooler)
    config = transformers.BertConfig(
        vocab_size=backbone.vocabulary_size,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
    )
    peer = transformers.BertModel(config, add_pooling_layer=use_pooler)
    expected = {name: tuple(tensor.shape) for name, tensor in peer.named_parameters()}
    assert dict(backbone_shapes(backbone.get_config())) == expected
    stored = {
        name: shape
        for prefix, layer in backbone_layers(backbone).items()
        for name, shape, _ in layer_tensors(prefix, layer)
    }
    assert stored == expected


def test_every_weight_has_a_name():
    backbone = make_backbone()
    named = [
        v for layer in backbone_layers(backbone).values() for v in layer_variables(layer).values()
    ]
    assert {id(v) for v in named} == {id(w) for w in backbone.trainable_weights}


def test_lora_is_merged():
    backbone = make_backbone()
    backbone.enable_lora(rank=2)
    dense = backbone.blocks[0].attention.query
    kernel, _, a, b = (
        keras.ops.convert_to_numpy(w)
        for w in (dense._kernel, dense.bias, dense.lora_kernel_a, dense.lora_kernel_b)
    )
    dense.lora_kernel_b.assign(np.ones_like(b))
    (_, _, get), _ = layer_tensors("query", dense)
    np.testing.assert_allclose(get(), (kernel + a @ np.ones_like(b)).T, atol=1e-5)
