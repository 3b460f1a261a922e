import json
import math

import pytest

from kerabert.checkpoints import bert_config
from kerabert.checkpoints.bert_config import read_bert_config, write_bert_config
from tests.checkpoints.presets import make_backbone

GOOD = {
    "model_type": "bert",
    "vocab_size": 40,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 24,
    "hidden_act": "gelu_new",
    "hidden_dropout_prob": 0,
    "attention_probs_dropout_prob": 0.2,
    "max_position_embeddings": 64,
    "type_vocab_size": 3,
    "initializer_range": 0.05,
    "layer_norm_eps": 1e-5,
}


def test_every_field_is_honoured():
    assert read_bert_config(GOOD, "config.json") == {
        "vocabulary_size": 40,
        "hidden_dim": 16,
        "num_layers": 3,
        "num_heads": 4,
        "intermediate_dim": 24,
        "activation": "gelu_new",
        "dropout_rate": 0.0,
        "attention_dropout_rate": 0.2,
        "max_sequence_length": 64,
        "num_segments": 3,
        "initializer_range": 0.05,
        "layer_norm_epsilon": 1e-5,
    }


def test_missing_fields_are_those_of_hugging_face():
    import transformers

    config = transformers.BertConfig()
    read = read_bert_config({"model_type": "bert"}, "config.json")
    assert read_bert_config({"hidden_size": 768}, "config.json") == read
    with pytest.raises(ValueError, match=r"config\.json: `model_type` must be 'bert'"):
        read_bert_config({}, "config.json")
    keys = bert_config.SIZES | bert_config.RATES | bert_config.NUMBERS
    for key, (argument, _) in keys.items():
        assert read[argument] == getattr(config, key), key
    assert read["activation"] == config.hidden_act


def test_every_field_that_hugging_face_knows_is_accounted_for():
    import transformers

    known = {*bert_config.SIZES, *bert_config.RATES, *bert_config.NUMBERS}
    known |= {*bert_config.REFUSED, *bert_config.IGNORED, *bert_config.OF_HEADS}
    known |= {"model_type", "hidden_act", "embedding_size"}
    config = transformers.BertConfig()
    fields = {*config.to_dict(), *transformers.BertConfig.__annotations__} - {"model_type"}
    assert fields - known == set()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[(key, 10**12) for key in bert_config.SIZES],
        *[(key, 0) for key in bert_config.SIZES],
        *[(key, -1) for key in bert_config.SIZES],
        *[(key, value) for key in bert_config.SIZES for value in (True, 16.0, "16", None, [16])],
        *[(key, value) for key in bert_config.RATES for value in (1, -0.1, "0.1", None, True)],
        *[(key, value) for key in bert_config.NUMBERS for value in (0, -1.0, "1", None, True)],
        ("layer_norm_eps", math.nan),
        ("hidden_dropout_prob", math.nan),
        ("initializer_range", math.inf),
        ("num_attention_heads", 3),
        ("hidden_act", "gelu_11"),
        ("hidden_act", None),
        ("hidden_act", ["gelu"]),
        ("model_type", "roberta"),
        ("model_type", None),
        ("model_type", ["bert"]),
        ("pad_token_id", 40),
        ("pad_token_id", -1),
        ("pad_token_id", "0"),
        ("position_embedding_type", "relative_key"),
        ("position_embedding_type", "alibi"),
        ("is_decoder", True),
        ("is_decoder", 0),
        ("add_cross_attention", True),
        ("is_encoder_decoder", True),
        ("embedding_size", 8),
        ("quantization_config", {"bits": 8}),
        ("auto_map", {"AutoModel": "modeling.MyBert"}),
        ("pruned_heads", {"0": [1]}),
    ],
)
def test_a_bad_value_is_refused_by_file_and_key(key, value):
    with pytest.raises(ValueError, match=rf"here/config\.json: `{key}`") as error:
        read_bert_config(GOOD | {key: value}, "here/config.json")
    assert len(str(error.value)) < 500


def test_keys_that_change_nothing_pass():
    harmless = {"use_cache": False, "torch_dtype": "float16", "my_note": "x", "pad_token_id": None}
    harmless |= {"embedding_size": 16, "is_decoder": False, "position_embedding_type": None}
    read = read_bert_config(GOOD | harmless, "config.json")
    assert read == read_bert_config(GOOD, "config.json")


def test_what_is_written_is_read_and_complete():
    import transformers

    backbone = make_backbone(
        activation="relu",
        num_segments=3,
        dropout_rate=0.3,
        attention_dropout_rate=0.0,
        layer_norm_epsilon=1e-6,
    )
    config = json.loads(json.dumps(write_bert_config(backbone, padding_id=4)))
    for argument, value in read_bert_config(config, "config.json").items():
        assert getattr(backbone, argument) == value, argument
    theirs = transformers.BertConfig(**config)
    assert theirs.pad_token_id == 4
    assert theirs.hidden_act == "relu"
    assert theirs.layer_norm_eps == 1e-6
