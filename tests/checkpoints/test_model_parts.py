import keras
import numpy as np
import pytest

import kerabert
from kerabert.checkpoints.heads import HEADS
from kerabert.checkpoints.model_parts import ModelParts, take_apart
from tests.checkpoints.presets import (
    VOCABULARY,
    make_backbone,
    make_classifier,
    make_tokenizer,
    randomize,
)

SIZES = {"BertTextClassifier": {"num_classes": 3}, "BertTokenClassifier": {"num_classes": 3}}


def make(name):
    use_pooler = getattr(kerabert, name).uses_pooler or name == "BertTextEmbedder"
    backbone = make_backbone(use_pooler=use_pooler)
    return getattr(kerabert, name)(backbone, tokenizer=make_tokenizer(), **SIZES.get(name, {}))


@pytest.mark.parametrize("name", HEADS)
def test_a_task_is_what_its_class_in_transformers_holds(name):
    transformers = pytest.importorskip("transformers")
    model = make(name)
    parts = take_apart(model)
    assert (parts.class_name, parts.head) == (name, HEADS[name])
    assert parts.backbone is model.backbone and parts.tokenizer is model.tokenizer
    assert parts.settings == model.head_config()
    [architecture] = parts.config["architectures"]
    peer = getattr(transformers, architecture)(transformers.BertConfig(**parts.config))
    expected = {key: tuple(tensor.shape) for key, tensor in peer.named_parameters()}
    assert {key: shape for key, shape, _ in parts.tensors()} == expected


def test_a_backbone():
    backbone = randomize(make_backbone())
    parts = take_apart(backbone)
    assert parts.class_name == "BertBackbone" and parts.backbone is backbone
    assert parts.tokenizer is None and parts.head is None and parts.settings == {}
    assert parts.config["architectures"] == ["BertModel"]
    found = {name: (shape, get()) for name, shape, get in parts.tensors()}
    assert all(array.shape == shape for shape, array in found.values())
    table, kernel = backbone.embedding.token_embedding.embeddings, backbone.pooler.dense.kernel
    table, kernel = (keras.ops.convert_to_numpy(variable) for variable in (table, kernel))
    assert np.array_equal(found["embeddings.word_embeddings.weight"][1], table)
    assert np.array_equal(found["pooler.dense.weight"][1], kernel.T)


def test_a_tokenizer():
    tokenizer = make_tokenizer()
    parts = take_apart(tokenizer)
    assert parts == ModelParts("BertTokenizer", tokenizer=tokenizer)
    assert parts.backbone is None and parts.tensors() == []


def test_parts_share_nothing_by_default():
    one, other = ModelParts("BertTokenizer"), ModelParts("BertTokenizer")
    for name in ("settings", "config", "layers"):
        assert getattr(one, name) == {} and getattr(one, name) is not getattr(other, name)


def test_names_are_those_of_a_bare_model_where_the_task_has_no_weights():
    names = [name for name, _, _ in take_apart(make("BertTextEmbedder")).tensors()]
    assert "embeddings.word_embeddings.weight" in names
    names = [name for name, _, _ in take_apart(make("BertTextClassifier")).tensors()]
    assert "bert.embeddings.word_embeddings.weight" in names and "classifier.weight" in names


def test_a_subclass_is_written_as_what_it_is_of():
    """Any kerabert can open it, not only a program that has the subclass."""
    mine = type("Mine", (kerabert.BertTextClassifier,), {})
    assert take_apart(mine(make_backbone(), num_classes=2)).class_name == "BertTextClassifier"
    assert take_apart(type("M", (kerabert.BertTokenizer,), {})(VOCABULARY)).tokenizer is not None
    backbone = type("M", (kerabert.BertBackbone,), {}).from_config(make_backbone().get_config())
    assert take_apart(backbone).class_name == "BertBackbone"


def test_the_id_of_padding_is_the_tokenizers():
    other = [*VOCABULARY[1:], "[PAD]"]
    model = make_classifier(tokenizer=kerabert.BertTokenizer(other))
    assert take_apart(model).config["pad_token_id"] == len(VOCABULARY) - 1
    assert take_apart(make_classifier(tokenizer=None)).config["pad_token_id"] == 0


def test_the_head_is_in_the_config():
    config = take_apart(make_classifier(multi_label=True, dropout_rate=0.25)).config
    assert config["id2label"] == {"0": "no", "1": "yes", "2": "Zürich"}
    assert config["problem_type"] == "multi_label_classification"
    assert config["classifier_dropout"] == 0.25
    untied = kerabert.BertMaskedLM(make_backbone(use_pooler=False), tie_embeddings=False)
    assert take_apart(untied).config["tie_word_embeddings"] is False


def test_a_quantised_layer_is_refused_by_name():
    model = make_classifier()
    model.backbone.embedding.token_embedding.quantize("int8")
    parts = take_apart(model)
    with pytest.raises(ValueError, match=r"must not be quantised.*token_embedding"):
        parts.tensors()


@pytest.mark.parametrize("model", [None, "bert", keras.layers.Dense(1), kerabert.BertBackbone])
def test_what_is_no_model_of_kerabert(model):
    with pytest.raises(ValueError, match=r"BertBackbone, a BertTokenizer or one of .* Received: "):
        take_apart(model)
