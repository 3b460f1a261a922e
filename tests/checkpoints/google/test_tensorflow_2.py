"""Checkpoints of TensorFlow 2, whose names are in a graph of objects.

In them the heads of self-attention have a dimension of their own.
"""

import json

import numpy as np
import pytest

from kerabert.checkpoints.preset import load_preset
from kerabert.models.backbone import BertBackbone
from kerabert.models.pretrainer import BertPretrainer
from tests.checkpoints.google.test_weights import (
    CONFIG,
    HEADS,
    HIDDEN,
    MASKED_LM,
    NEXT_SENTENCE,
    assert_holds,
    dense,
    save,
    tensorflow_1,
)

tf = pytest.importorskip("tensorflow")


def heads_apart(name, array):
    if "self/" in name and name.endswith("kernel"):
        return array.reshape(HIDDEN, HEADS, HIDDEN // HEADS)
    if "self/" in name:
        return array.reshape(HEADS, HIDDEN // HEADS)
    if name.endswith("attention/output/dense/kernel"):
        return array.reshape(HEADS, HIDDEN // HEADS, HIDDEN)
    return array


# From Google's own converter, tf1_bert_checkpoint_converter_lib.BERT_V2_NAME_REPLACEMENTS: applied
# one after the other.
REPLACEMENTS = (
    ("bert/", ""),
    ("encoder", "transformer"),
    ("embeddings/word_embeddings", "word_embeddings/embeddings"),
    ("embeddings/token_type_embeddings", "type_embeddings/embeddings"),
    ("embeddings/position_embeddings", "position_embedding/embeddings"),
    ("embeddings/LayerNorm", "embeddings/layer_norm"),
    ("attention/self", "self_attention"),
    ("attention/output/dense", "self_attention/attention_output"),
    ("attention/output/LayerNorm", "self_attention_layer_norm"),
    ("intermediate/dense", "intermediate"),
    ("output/dense", "output"),
    ("output/LayerNorm", "output_layer_norm"),
    ("pooler/dense", "pooler_transform"),
    ("cls/predictions", "bert/cls/predictions"),
    ("cls/predictions/output_bias", "cls/predictions/output_bias/bias"),
    ("cls/seq_relationship/output_bias", "next_sentence/logits/bias"),
    ("cls/seq_relationship/output_weights", "next_sentence/logits/kernel"),
)


def tensorflow_2(variables, prefix=""):
    """Variables as TensorFlow 2 calls and shapes them."""
    made = []
    for name, array in variables.items():
        array = array.T if name.endswith("output_weights") else heads_apart(name, array)
        for old, new in REPLACEMENTS:
            name = name.replace(old, new)
        made.append(tf.Variable(array, name=f"{prefix}{name}"))
    return made


def save_objects(directory, variables, config=CONFIG, **more):
    checkpoint = tf.train.Checkpoint(variables=variables, **more)
    checkpoint.save(str(directory / "bert_model.ckpt"))
    (directory / "bert_config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("prefix", ["", "bert_encoder_v2/"])
def test_a_model_of_tensorflow_2(tmp_path, prefix):
    counter = tf.Variable(3, name="global_step")
    save_objects(tmp_path, tensorflow_2(tensorflow_1(), prefix), global_step=counter)
    assert_holds(load_preset(BertBackbone, tmp_path), tensorflow_1())


def test_the_heads_of_pretraining_in_tensorflow_2(tmp_path):
    """Its head of next sentences has a pooler of its own; the encoder's was not trained."""
    trained = dense("bert/next_sentence/pooler_dense", HIDDEN, HIDDEN)
    variables = tensorflow_2(tensorflow_1() | MASKED_LM | NEXT_SENTENCE)
    variables += [tf.Variable(array, name=name) for name, array in trained.items()]
    save_objects(tmp_path, variables)
    model = load_preset(BertPretrainer, tmp_path)
    expected = tensorflow_1() | {
        f"bert/pooler/dense/{name.rpartition('/')[2]}": array for name, array in trained.items()
    }
    assert_holds(model.backbone, expected)
    kernel, bias = model.head_layers["cls.seq_relationship"].get_weights()
    weights, theirs = NEXT_SENTENCE.values()
    assert kernel.tobytes() == weights.T.tobytes() and bias.tobytes() == theirs.tobytes()


def test_what_an_optimizer_of_tensorflow_2_keeps(tmp_path):
    optimizer = tf.Module()
    optimizer.iteration = tf.Variable(1, name="iter")
    optimizer.m = [tf.Variable(v, name=f"Adam/m/{v.name}") for v in tensorflow_2(tensorflow_1())]
    save_objects(tmp_path, tensorflow_2(tensorflow_1()), optimizer=optimizer)
    assert_holds(load_preset(BertBackbone, tmp_path), tensorflow_1())


def test_another_number_of_heads_is_refused(tmp_path):
    save_objects(tmp_path, tensorflow_2(tensorflow_1()), CONFIG | {"num_attention_heads": 4})
    message = r"must have the number of heads that bert_config\.json states, num_attention_heads=4"
    with pytest.raises(ValueError, match=message):
        load_preset(BertBackbone, tmp_path)


def test_unknown_variables_of_tensorflow_2_are_refused_by_both_names(tmp_path):
    unknown = tf.Variable([1.0], name="predictions/transform/logits/bias")
    save_objects(tmp_path, tensorflow_2(tensorflow_1()), head=unknown)
    message = r"unexpected variable 'head/\.ATTRI.*', 'predictions/transform/logits/bias'"
    with pytest.raises(ValueError, match=message):
        load_preset(BertBackbone, tmp_path)


def test_a_damaged_graph_of_objects(tmp_path):
    variables = tensorflow_1() | {"_CHECKPOINTABLE_OBJECT_GRAPH": np.array(b"\x0a\x7fshort")}
    save(tmp_path, variables)
    with pytest.raises(ValueError, match="_CHECKPOINTABLE_OBJECT_GRAPH must be a graph of objects"):
        load_preset(BertBackbone, tmp_path)
