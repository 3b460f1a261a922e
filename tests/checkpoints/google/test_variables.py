import pytest

from kerabert.checkpoints.bert_layers import backbone_shapes
from kerabert.checkpoints.google.variables import (
    find_variable,
    google_variable,
    is_of_training,
    merged_shape,
)
from kerabert.checkpoints.heads import HEADS
from tests.checkpoints.presets import make_backbone

# As Google's checkpoints list them: uncased_L-2_H-128_A-2 with its heads of pretraining, and what
# run_classifier.py, run_squad.py and BLEURT add.
LAYER = "bert/encoder/layer_1/"
TENSORFLOW_1 = {
    "bert/embeddings/LayerNorm/beta": "bert.embeddings.LayerNorm.bias",
    "bert/embeddings/LayerNorm/gamma": "bert.embeddings.LayerNorm.weight",
    "bert/embeddings/position_embeddings": "bert.embeddings.position_embeddings.weight",
    "bert/embeddings/token_type_embeddings": "bert.embeddings.token_type_embeddings.weight",
    "bert/embeddings/word_embeddings": "bert.embeddings.word_embeddings.weight",
    f"{LAYER}attention/output/LayerNorm/beta": "bert.{}attention.output.LayerNorm.bias",
    f"{LAYER}attention/output/LayerNorm/gamma": "bert.{}attention.output.LayerNorm.weight",
    f"{LAYER}attention/output/dense/bias": "bert.{}attention.output.dense.bias",
    f"{LAYER}attention/output/dense/kernel": "bert.{}attention.output.dense.weight",
    f"{LAYER}attention/self/key/bias": "bert.{}attention.self.key.bias",
    f"{LAYER}attention/self/key/kernel": "bert.{}attention.self.key.weight",
    f"{LAYER}attention/self/query/bias": "bert.{}attention.self.query.bias",
    f"{LAYER}attention/self/query/kernel": "bert.{}attention.self.query.weight",
    f"{LAYER}attention/self/value/bias": "bert.{}attention.self.value.bias",
    f"{LAYER}attention/self/value/kernel": "bert.{}attention.self.value.weight",
    f"{LAYER}intermediate/dense/bias": "bert.{}intermediate.dense.bias",
    f"{LAYER}intermediate/dense/kernel": "bert.{}intermediate.dense.weight",
    f"{LAYER}output/LayerNorm/beta": "bert.{}output.LayerNorm.bias",
    f"{LAYER}output/LayerNorm/gamma": "bert.{}output.LayerNorm.weight",
    f"{LAYER}output/dense/bias": "bert.{}output.dense.bias",
    f"{LAYER}output/dense/kernel": "bert.{}output.dense.weight",
    "bert/pooler/dense/bias": "bert.pooler.dense.bias",
    "bert/pooler/dense/kernel": "bert.pooler.dense.weight",
    "cls/predictions/output_bias": "cls.predictions.bias",
    "cls/predictions/transform/LayerNorm/beta": "cls.predictions.transform.LayerNorm.bias",
    "cls/predictions/transform/LayerNorm/gamma": "cls.predictions.transform.LayerNorm.weight",
    "cls/predictions/transform/dense/bias": "cls.predictions.transform.dense.bias",
    "cls/predictions/transform/dense/kernel": "cls.predictions.transform.dense.weight",
    "cls/seq_relationship/output_bias": "cls.seq_relationship.bias",
    "cls/seq_relationship/output_weights": "cls.seq_relationship.weight",
    "output_bias": "classifier.bias",
    "output_weights": "classifier.weight",
    "cls/squad/output_bias": "qa_outputs.bias",
    "cls/squad/output_weights": "qa_outputs.weight",
    "dense/bias": "classifier.bias",
    "dense/kernel": "classifier.weight",
}

# The variables' own names in the graph of objects, as tf-models-official 2.20 writes it for
# BertEncoder, BertEncoderV2, BertPretrainerV2 and BertClassifier.
BLOCK = "transformer/layer_1/"
TENSORFLOW_2 = {
    "word_embeddings/embeddings": "bert.embeddings.word_embeddings.weight",
    "bert_encoder_v2/word_embeddings/embeddings": "bert.embeddings.word_embeddings.weight",
    "position_embedding/embeddings": "bert.embeddings.position_embeddings.weight",
    "type_embeddings/embeddings": "bert.embeddings.token_type_embeddings.weight",
    "embeddings/layer_norm/gamma": "bert.embeddings.LayerNorm.weight",
    "embeddings/layer_norm/beta": "bert.embeddings.LayerNorm.bias",
    f"{BLOCK}self_attention/query/kernel": "bert.{}attention.self.query.weight",
    f"{BLOCK}self_attention/query/bias": "bert.{}attention.self.query.bias",
    f"{BLOCK}self_attention/key/kernel": "bert.{}attention.self.key.weight",
    f"{BLOCK}self_attention/value/bias": "bert.{}attention.self.value.bias",
    f"{BLOCK}self_attention/attention_output/kernel": "bert.{}attention.output.dense.weight",
    f"{BLOCK}self_attention/attention_output/bias": "bert.{}attention.output.dense.bias",
    f"{BLOCK}self_attention_layer_norm/gamma": "bert.{}attention.output.LayerNorm.weight",
    f"{BLOCK}self_attention_layer_norm/beta": "bert.{}attention.output.LayerNorm.bias",
    f"{BLOCK}intermediate/kernel": "bert.{}intermediate.dense.weight",
    f"{BLOCK}output/bias": "bert.{}output.dense.bias",
    f"bert_encoder_v2/{BLOCK}output_layer_norm/gamma": "bert.{}output.LayerNorm.weight",
    "pooler_transform/kernel": "bert.pooler.dense.weight",
    "bert/cls/predictions/transform/dense/kernel": "cls.predictions.transform.dense.weight",
    "bert/cls/predictions/transform/LayerNorm/beta": "cls.predictions.transform.LayerNorm.bias",
    "bert/cls/predictions/output_bias/bias": "cls.predictions.bias",
    "bert/next_sentence/logits/kernel": "cls.seq_relationship.weight",
    "bert/next_sentence/logits/bias": "cls.seq_relationship.bias",
    "bert/next_sentence/pooler_dense/kernel": "head.pooler.dense.weight",
    "sentence_prediction/logits/kernel": "classifier.weight",
}


@pytest.mark.parametrize(("variable", "name"), [*TENSORFLOW_1.items(), *TENSORFLOW_2.items()])
def test_names_of_google(variable, name):
    found = find_variable(variable)
    assert found.name == name.format("encoder.layer.1.")
    assert found.is_kernel == variable.endswith("/kernel")
    if variable in TENSORFLOW_1 and not variable.startswith("dense/"):
        assert google_variable(found.name) == (variable, found.is_kernel)


def all_names():
    arguments = make_backbone(num_layers=11).get_config()
    yield from (name for name, _ in backbone_shapes(arguments))
    settings = {"num_classes": 2, "num_outputs": 2, "tie_embeddings": False}
    for head in HEADS.values():
        yield from head.shapes(settings, arguments)


def test_every_name_goes_out_and_comes_in():
    names = set(all_names()) - {"cls.predictions.decoder.bias"}
    assert len(names) > 190
    for name in names:
        variable, is_kernel = google_variable(name)
        found = find_variable(variable)
        assert found.name.removeprefix("bert.") == name and found.is_kernel == is_kernel
    assert len({google_variable(name) for name in names}) == len(names)
    assert google_variable("cls.predictions.decoder.bias") is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "kernel",
        "bert/encoder/layer_01/output/dense/kernel",
        "bert/encoder/layer_-1/output/dense/kernel",
        "bert/encoder/layer_1/output/dense/gamma",
        "bert/encoder/layer_1/output/LayerNorm/kernel",
        "bert/encoder/layer_1/output/dense/kernel/",
        "bert/embeddings/word_embeddings/embeddings/x",
        "bert/embeddings/word_embeddings_2",
        "bert/embeddings/embedding_hidden_mapping_in/kernel",
        "electra/encoder/layer_1/output/dense/kernel",
        "dense_1/kernel",
        "classifier.weight",
        "transformer/layer_1/self_attention/query/gamma",
        "transformer/group_0/inner_group_0/attention_1/self/key/kernel",
        "word_embeddings/kernel",
        "cls/predictions/output_bias/kernel",
        "predictions/transform/logits/kernel",  # of a span labeler, or of a token classifier
        "crf_loss/transition",
    ],
)
def test_others_are_unknown(name):
    assert find_variable(name) is None
    assert not is_of_training(name)


@pytest.mark.parametrize(
    "name",
    [
        "global_step",
        "beta1_power",
        "beta2_power",
        "bert/encoder/layer_1/output/dense/kernel/adam_m",
        "bert/encoder/layer_1/output/dense/kernel/adam_v",
        "bert/pooler/dense/kernel/Adam",
        "bert/pooler/dense/kernel/Adam_1",
        "output_weights/adam_m",
        "bert/pooler/dense/kernel/LAMB",
        "signal_early_stopping/STOP",
        "save_counter/.ATTRIBUTES/VARIABLE_VALUE",
        "SAVE_COUNTER",
        "optimizer/iter/.ATTRIBUTES/VARIABLE_VALUE",
        "optimizer/_variables/3/.ATTRIBUTES/VARIABLE_VALUE",
        "encoder/layer_with_weights-6/kernel/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE",
        "keras_api/metrics/0/total/.ATTRIBUTES/VARIABLE_VALUE",
        "do_lower_case/.ATTRIBUTES/VARIABLE_VALUE",
    ],
)
def test_what_training_keeps(name):
    assert is_of_training(name)
    assert find_variable(name) is None


def test_no_weight_is_taken_for_an_optimizers():
    for variable in (*TENSORFLOW_1, *TENSORFLOW_2):
        assert not is_of_training(variable)


@pytest.mark.parametrize(
    ("name", "shape", "merged"),
    [
        ("bert.encoder.layer.0.attention.self.query.weight", (8, 2, 4), (8, 8)),
        ("bert.encoder.layer.0.attention.self.query.weight", (8, 8), (8, 8)),
        ("bert.encoder.layer.0.attention.self.key.bias", (2, 4), (8,)),
        ("bert.encoder.layer.0.attention.self.key.bias", (8,), (8,)),
        ("bert.encoder.layer.0.attention.output.dense.weight", (2, 4, 8), (8, 8)),
        ("bert.encoder.layer.0.attention.output.dense.weight", (8, 8), (8, 8)),
        ("bert.encoder.layer.0.attention.output.dense.bias", (8,), (8,)),
        ("bert.encoder.layer.0.output.dense.weight", (2, 4, 8), (2, 4, 8)),
        ("bert.encoder.layer.0.attention.self.query.weight", (8, 4, 2), None),
        ("bert.encoder.layer.0.attention.self.key.bias", (4, 2), None),
        ("bert.encoder.layer.0.attention.output.dense.weight", (4, 2, 8), None),
    ],
)
def test_heads_are_put_side_by_side(name, shape, merged):
    assert merged_shape(name, shape, num_heads=2) == merged
