"""Checkpoints as TensorFlow writes them, under Google's names."""

import json

import numpy as np
import pytest

from kerabert.checkpoints.inspection import inspect_preset
from kerabert.checkpoints.preset import load_preset
from kerabert.models.backbone import BertBackbone
from kerabert.models.masked_lm import BertMaskedLM
from kerabert.models.next_sentence_predictor import BertNextSentencePredictor
from kerabert.models.pretrainer import BertPretrainer
from kerabert.models.question_answerer import BertQuestionAnswerer
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.models.text_regressor import BertTextRegressor
from kerabert.models.token_classifier import BertTokenClassifier
from tests.checkpoints.presets import VOCABULARY, arrays

tf = pytest.importorskip("tensorflow")

HIDDEN, INNER, HEADS, LAYERS, LENGTH = 8, 12, 2, 2, 32
CONFIG = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": INNER,
    "max_position_embeddings": LENGTH,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
}


def random_array(name, *shape):
    seed = int.from_bytes(name.encode(), "little") % 2**32
    return np.random.default_rng(seed).normal(0, 0.3, shape).astype("float32")


def dense(name, inputs, outputs):
    return {
        f"{name}/kernel": random_array(f"{name}/kernel", inputs, outputs),
        f"{name}/bias": random_array(f"{name}/bias", outputs),
    }


def norm(name):
    return {f"{name}/{part}": random_array(f"{name}/{part}", HIDDEN) for part in ("gamma", "beta")}


def tensorflow_1():
    """The variables of Google's modeling.BertModel."""
    variables = {
        f"bert/embeddings/{name}": random_array(name, size, HIDDEN)
        for name, size in (
            ("word_embeddings", len(VOCABULARY)),
            ("position_embeddings", LENGTH),
            ("token_type_embeddings", 2),
        )
    }
    variables |= norm("bert/embeddings/LayerNorm") | dense("bert/pooler/dense", HIDDEN, HIDDEN)
    for i in range(LAYERS):
        layer = f"bert/encoder/layer_{i}"
        for name in ("self/query", "self/key", "self/value", "output/dense"):
            variables |= dense(f"{layer}/attention/{name}", HIDDEN, HIDDEN)
        variables |= norm(f"{layer}/attention/output/LayerNorm")
        variables |= dense(f"{layer}/intermediate/dense", HIDDEN, INNER)
        variables |= dense(f"{layer}/output/dense", INNER, HIDDEN)
        variables |= norm(f"{layer}/output/LayerNorm")
    return variables


MASKED_LM = {
    **dense("cls/predictions/transform/dense", HIDDEN, HIDDEN),
    **norm("cls/predictions/transform/LayerNorm"),
    "cls/predictions/output_bias": random_array("bias", len(VOCABULARY)),
}
NEXT_SENTENCE = {
    "cls/seq_relationship/output_weights": random_array("weights", 2, HIDDEN),
    "cls/seq_relationship/output_bias": random_array("bias", 2),
}


def outputs(prefix, number):
    return {
        f"{prefix}output_weights": random_array("out", number, HIDDEN),
        f"{prefix}output_bias": random_array("bias", number),
    }


def slots(variables):
    """What an optimizer keeps beside the weights, and its step."""
    kept = {
        f"{name}/{slot}": np.zeros_like(array)
        for name, array in variables.items()
        for slot in ("adam_m", "adam_v")
    }
    return kept | {"global_step": np.int64(100)}


def save(directory, variables, prefix="bert_model.ckpt", config=CONFIG, vocabulary=True):
    directory.mkdir(parents=True, exist_ok=True)
    tf.raw_ops.SaveV2(
        prefix=str(directory / prefix),
        tensor_names=list(variables),
        shape_and_slices=[""] * len(variables),
        tensors=[tf.constant(array) for array in variables.values()],
    )
    (directory / "bert_config.json").write_text(json.dumps(config))
    if vocabulary:
        (directory / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")


def in_the_order_of_google(model):
    """What a backbone holds, by Google's names, put down by hand."""
    found = arrays(model)
    names = {
        "embedding/token_embedding/embeddings": "bert/embeddings/word_embeddings",
        "embedding/position_embedding/embeddings": "bert/embeddings/position_embeddings",
        "embedding/segment_embedding/embeddings": "bert/embeddings/token_type_embeddings",
        "embedding/layer_norm": "bert/embeddings/LayerNorm",
        "pooler/dense": "bert/pooler/dense",
    }
    for i in range(LAYERS):
        block, layer = f"block_{i}", f"bert/encoder/layer_{i}"
        names |= {
            f"{block}/attention/query": f"{layer}/attention/self/query",
            f"{block}/attention/key": f"{layer}/attention/self/key",
            f"{block}/attention/value": f"{layer}/attention/self/value",
            f"{block}/attention/output_projection": f"{layer}/attention/output/dense",
            f"{block}/attention_layer_norm": f"{layer}/attention/output/LayerNorm",
            f"{block}/intermediate": f"{layer}/intermediate/dense",
            f"{block}/output_projection": f"{layer}/output/dense",
            f"{block}/output_layer_norm": f"{layer}/output/LayerNorm",
        }
    named = {}
    for path, array in found.items():
        key = max((key for key in names if path.startswith(key)), key=len)
        named[names[key] + path.removeprefix(key)] = array
    return named


def assert_holds(backbone, variables):
    named = in_the_order_of_google(backbone)
    assert named.keys() == variables.keys()
    for name, array in variables.items():
        assert named[name].tobytes() == array.tobytes(), name


def test_a_bare_model(tmp_path):
    save(tmp_path, tensorflow_1(), vocabulary=False)
    backbone = load_preset(BertBackbone, tmp_path)
    assert_holds(backbone, tensorflow_1())
    assert backbone.activation == "gelu_new" and backbone.layer_norm_epsilon == 1e-12


HEADS_OF_GOOGLE = {
    BertPretrainer: MASKED_LM | NEXT_SENTENCE,
    BertMaskedLM: MASKED_LM,
    BertNextSentencePredictor: NEXT_SENTENCE,
    BertTextClassifier: outputs("", 3),
    BertTokenClassifier: outputs("", 3),
    BertTextRegressor: outputs("", 1),
    BertQuestionAnswerer: outputs("cls/squad/", 2),
}


@pytest.mark.parametrize("task", HEADS_OF_GOOGLE)
def test_heads_with_slots_under_another_name(tmp_path, task, recwarn):
    variables = tensorflow_1() | HEADS_OF_GOOGLE[task]
    named = {"architectures": ["BertForTokenClassification"]}
    config = CONFIG | named if task is BertTokenClassifier else CONFIG
    save(tmp_path, variables | slots(variables), "model.ckpt-1000", config)
    model = load_preset(task, tmp_path)
    assert not [warning for warning in recwarn if "fresh" in str(warning.message)]
    assert model.tokenizer.vocabulary == VOCABULARY and model.tokenizer.lowercase
    head = {name: layer.get_weights() for name, layer in model.head_layers.items() if layer.weights}
    for name, weights in head.items():
        stored = {
            "classifier": ("output_weights", "output_bias"),
            "qa_outputs": ("cls/squad/output_weights", "cls/squad/output_bias"),
            "cls.seq_relationship": tuple(NEXT_SENTENCE),
            "cls.predictions.transform.dense": tuple(
                f"cls/predictions/transform/dense/{part}" for part in ("kernel", "bias")
            ),
            "cls.predictions.transform.LayerNorm": tuple(
                f"cls/predictions/transform/LayerNorm/{part}" for part in ("gamma", "beta")
            ),
        }.get(name)
        if stored is None:
            assert name == "cls.predictions"
            array = np.array(model.head_layers[name].bias)
            assert array.tobytes() == MASKED_LM["cls/predictions/output_bias"].tobytes()
            continue
        for array, variable in zip(weights, stored, strict=True):
            theirs = HEADS_OF_GOOGLE[task][variable]
            assert array.tobytes() == (theirs.T if "weights" in variable else theirs).tobytes()


@pytest.mark.parametrize("task", HEADS_OF_GOOGLE)
def test_the_class_is_found_by_the_head(tmp_path, task):
    if task is BertTokenClassifier:
        task = BertTextClassifier  # by the same variables
    save(tmp_path, tensorflow_1() | HEADS_OF_GOOGLE[task])
    assert inspect_preset(tmp_path).class_name == task.__name__


def test_a_head_of_texts_is_not_taken_for_one_of_tokens(tmp_path):
    save(tmp_path, tensorflow_1() | outputs("", 3))
    with pytest.raises(ValueError, match="`num_classes` or `classes` must be given"):
        load_preset(BertTokenClassifier, tmp_path)


def test_the_head_of_bleurt(tmp_path):
    variables = tensorflow_1() | dense("dense", HIDDEN, 1) | {"global_step": np.int64(1)}
    save(tmp_path, variables)
    assert inspect_preset(tmp_path).class_name == "BertTextRegressor"
    model = load_preset(BertTextRegressor, tmp_path)
    kernel, bias = model.head_layers["classifier"].get_weights()
    assert (
        kernel.tobytes() == variables["dense/kernel"].tobytes() and bias == variables["dense/bias"]
    )
    with pytest.raises(ValueError, match="`num_classes` or `classes` must be given"):
        load_preset(BertTextClassifier, tmp_path)


def test_a_saved_model(tmp_path):
    save(tmp_path / "variables", tensorflow_1(), "variables", vocabulary=False)
    (tmp_path / "variables" / "bert_config.json").rename(tmp_path / "bert_config.json")
    (tmp_path / "saved_model.pb").write_bytes(b"")
    assert_holds(load_preset(BertBackbone, tmp_path), tensorflow_1())
    (tmp_path / "assets").mkdir()
    (tmp_path / "bert_config.json").rename(tmp_path / "assets" / "bert_config.json")
    assert_holds(load_preset(BertBackbone, tmp_path), tensorflow_1())


def test_which_of_several_checkpoints(tmp_path):
    others = {name: array + 1 for name, array in tensorflow_1().items()}
    save(tmp_path, others, "model.ckpt-1")
    save(tmp_path, others, "model.ckpt-2")
    message = r"bert_model\.ckpt\.index: must exist where .* Received: model\.ckpt-1, model\.ckpt-2"
    with pytest.raises(ValueError, match=message):
        load_preset(BertBackbone, tmp_path)
    save(tmp_path, tensorflow_1())
    assert_holds(load_preset(BertBackbone, tmp_path), tensorflow_1())


def test_a_configuration_without_a_checkpoint(tmp_path):
    (tmp_path / "bert_config.json").write_text(json.dumps(CONFIG))
    with pytest.raises(ValueError, match=r"bert_model\.ckpt\.index: the index .* Received: none"):
        load_preset(BertBackbone, tmp_path)


def test_a_checkpoint_without_a_configuration(tmp_path):
    save(tmp_path, tensorflow_1())
    (tmp_path / "bert_config.json").unlink()
    with pytest.raises(ValueError, match=r"bert_config\.json: the file must exist beside a check"):
        load_preset(BertBackbone, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bert/extra/kernel": np.zeros((2, 2), "float32")}, "unexpected variable 'bert/extra/ke"),
        ({"dense_1/kernel": np.zeros((2, 2), "float32")}, "unexpected variable 'dense_1/kernel'"),
        (dense("dense", HIDDEN, 1) | outputs("", 1), "each tensor once.*which are the same"),
        ({"bert/pooler/dense/bias": np.zeros(HIDDEN, "int32")}, "'bert/pooler/dense/bias' must be"),
        (
            {"bert/pooler/dense/bias": np.zeros(9, "float32")},
            r"must have the shape \(8,\) that bert_config.*\(9,\)",
        ),
        (
            {"bert/encoder/layer_0/output/dense/bias": ...},
            "must hold .* that bert_config.json asks for",
        ),
    ],
)
def test_other_variables_are_refused_by_name(tmp_path, change, message):
    variables = tensorflow_1() | change
    save(tmp_path, {name: array for name, array in variables.items() if array is not ...})
    with pytest.raises(ValueError, match=rf"bert_model\.ckpt\.(index|data-.*): .*({message})"):
        load_preset(BertBackbone, tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("num_hidden_layers", 2**31 - 1, "`num_hidden_layers` must be the number of layers"),
        ("num_hidden_layers", 3, "must hold the tensor"),
        ("num_hidden_layers", 1, "unexpected tensor"),
        ("hidden_size", 2**20, "must have the shape"),
        ("vocab_size", 2**31 - 1, "must have the shape"),
        ("type_vocab_size", 16, "must have the shape"),
    ],
)
def test_the_configuration_is_compared_before_anything_is_allocated(tmp_path, key, value, message):
    save(tmp_path, tensorflow_1(), config=CONFIG | {key: value})
    with pytest.raises(ValueError, match=message):
        load_preset(BertBackbone, tmp_path)
