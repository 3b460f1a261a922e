import json
import warnings

import pytest

from kerabert.checkpoints.bert_config import read_bert_config, write_bert_config
from kerabert.checkpoints.google.config import read_google_config, write_google_config
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.layers.activations import ACTIVATIONS
from tests.checkpoints.presets import make_backbone

# bert_config.json of uncased_L-2_H-128_A-2.
TINY = {
    "hidden_size": 128,
    "hidden_act": "gelu",
    "initializer_range": 0.02,
    "vocab_size": 30522,
    "hidden_dropout_prob": 0.1,
    "num_attention_heads": 2,
    "type_vocab_size": 2,
    "max_position_embeddings": 512,
    "num_hidden_layers": 2,
    "intermediate_size": 512,
    "attention_probs_dropout_prob": 0.1,
}


def read(directory, **values):
    (directory / "bert_config.json").write_text(json.dumps(TINY | values))
    return read_google_config(PresetFiles(directory))


def test_the_file_of_bert_tiny(tmp_path):
    config, path = read(tmp_path)
    assert path == str(tmp_path / "bert_config.json")
    assert read_bert_config(config, path) == {
        "vocabulary_size": 30522,
        "hidden_dim": 128,
        "num_layers": 2,
        "num_heads": 2,
        "intermediate_dim": 512,
        "max_sequence_length": 512,
        "num_segments": 2,
        "dropout_rate": 0.1,
        "attention_dropout_rate": 0.1,
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-12,
        "activation": "gelu_new",
    }


@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("gelu", "gelu_new"),
        ("GELU", "gelu_new"),
        ("relu", "relu"),
        ("tanh", "tanh"),
        ("linear", "linear"),
        ("silu", "silu"),
        ("gelu_exact", "gelu"),
    ],
)
def test_what_google_calls_activations(tmp_path, name, activation):
    assert read_bert_config(*read(tmp_path, hidden_act=name))["activation"] == activation


def test_what_google_takes_for_missing_keys(tmp_path):
    (tmp_path / "bert_config.json").write_text('{"vocab_size": 100}')
    arguments = read_bert_config(*read_google_config(PresetFiles(tmp_path)))
    assert arguments["num_segments"] == 16 and arguments["activation"] == "gelu_new"


def test_among_the_assets_of_a_saved_model(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "bert_config.json").write_text(json.dumps(TINY))
    config, path = read_google_config(PresetFiles(tmp_path))
    assert path == str(tmp_path / "assets" / "bert_config.json") and config["hidden_size"] == 128


@pytest.mark.parametrize("value", ["swishy", None, 3, ["gelu"], ""])
def test_other_activations_are_refused_by_file_and_key(tmp_path, value):
    with pytest.raises(ValueError, match=r"bert_config\.json: `hidden_act` must be one of"):
        read_bert_config(*read(tmp_path, hidden_act=value))


def test_models_of_another_kind_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"bert_config\.json: `embedding_size` must be that of"):
        read_bert_config(*read(tmp_path, embedding_size=64))
    with pytest.raises(ValueError, match=r"bert_config\.json: `model_type` must be 'bert'"):
        read_bert_config(*read(tmp_path, model_type="albert"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"bert_config\.json: the file must exist"):
        read_google_config(PresetFiles(tmp_path))


def test_what_kerabert_wrote_needs_its_own_file(tmp_path):
    with pytest.raises(ValueError, match=r"kerabert\.json: the file must exist"):
        read(tmp_path, kerabert={})


def write(**arguments):
    return json.loads(write_google_config(write_bert_config(make_backbone(**arguments))))


def test_google_finds_its_keys():
    """BertConfig.from_json_file of Google's code takes these and no notice of the last one."""
    written = write(activation="gelu_new", num_segments=3)
    own = written.pop("kerabert")
    assert written.keys() == TINY.keys()
    assert written["hidden_act"] == "gelu" and written["type_vocab_size"] == 3
    assert own["hidden_act"] == "gelu_new" and own["layer_norm_eps"] == 1e-12


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_google_reads_the_same_activation_or_stops(activation):
    """Google's get_activation knows these four, its GELU is the tanh form, and raises at others."""
    name = write(activation=activation)["hidden_act"]
    if name == "gelu":
        assert ACTIVATIONS[activation] is ACTIVATIONS["gelu_new"]
    elif name in ("relu", "tanh", "linear"):
        assert name == activation
    else:
        assert name in ("gelu_exact", "silu", "swish", "sigmoid")


def test_what_google_would_ignore_is_said():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write()
    with pytest.warns(UserWarning, match=r"ignore layer_norm_eps=0.001, where it takes 1e-12\."):
        write(layer_norm_epsilon=1e-3)
    config = write_bert_config(make_backbone()) | {"tie_word_embeddings": False}
    with pytest.warns(UserWarning, match="ignore a masked-LM decoder of its own"):
        write_google_config(config)
