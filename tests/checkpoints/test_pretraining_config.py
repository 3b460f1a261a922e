from types import SimpleNamespace

import numpy as np
import pytest

from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.checkpoints.pretraining_config import (
    DECODER,
    check_masked_lm_head,
    masked_lm_from_config,
    masked_lm_shapes,
    pretraining_from_config,
    pretraining_shapes,
    tied_to_config,
)
from kerabert.checkpoints.stored_weights import StoredTensor, StoredWeights
from kerabert.models.masked_lm import BertMaskedLM
from tests.checkpoints.presets import (
    edit_json,
    make_backbone,
    make_plain,
    randomize,
    read_tensors,
    write_tensors,
)

PATH = "here/config.json"
TABLE = "embeddings.word_embeddings.weight"
BIAS = "cls.predictions.bias"
ARGUMENTS = {"hidden_dim": 8, "vocabulary_size": 17}


def stored(**arrays):
    """Weights that hold these arrays; an empty one is not read."""

    def unread():
        raise AssertionError("only its shape is needed")

    return StoredWeights(
        "w",
        {
            name: StoredTensor(
                array.shape, unread if array.size == 0 else lambda array=array: array, "w", name
            )
            for name, array in arrays.items()
        },
    )


# === Shapes ===


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize(
    ("name", "shapes"),
    [("BertForMaskedLM", masked_lm_shapes), ("BertForPreTraining", pretraining_shapes)],
)
def test_names_and_shapes_are_those_of_transformers(name, shapes, tied):
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=17, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=8, **tied_to_config({"tie_embeddings": tied}),
    )  # fmt: skip
    peer = getattr(transformers, name)(config)
    heads = {k: tuple(v.shape) for k, v in peer.named_parameters() if k.startswith("cls.")}
    assert shapes({"tie_embeddings": tied}, ARGUMENTS) == heads
    assert (DECODER in heads) != tied


def test_a_head_is_tied_unless_it_says_otherwise():
    assert masked_lm_shapes({}, ARGUMENTS) == masked_lm_shapes({"tie_embeddings": True}, ARGUMENTS)
    assert tied_to_config({}) == {"tie_word_embeddings": True}


# === From config.json ===


@pytest.mark.parametrize("tied", [True, False])
def test_settings_of_a_stored_head(tied):
    config = {"tie_word_embeddings": tied}
    weights = stored(**{BIAS: np.zeros(17)})
    assert masked_lm_from_config(config, PATH, weights) == {"tie_embeddings": tied}
    assert pretraining_from_config(config, PATH, weights) == {"tie_embeddings": tied}
    assert masked_lm_from_config({}, PATH, weights) == {"tie_embeddings": True}


def test_no_head():
    for weights in (stored(), stored(**{"cls.seq_relationship.bias": np.zeros(2)})):
        assert masked_lm_from_config({"tie_word_embeddings": False}, PATH, weights) is None
    assert pretraining_from_config({}, PATH, stored()) is None


def test_one_head_of_two_is_enough_for_pretraining():
    weights = stored(**{"cls.seq_relationship.bias": np.zeros(2)})
    assert pretraining_from_config({}, PATH, weights) == {"tie_embeddings": True}
    untied = {"tie_word_embeddings": False}
    assert pretraining_from_config(untied, PATH, weights) == {"tie_embeddings": False}


@pytest.mark.parametrize("tied", [None, 1, 0, "true", []])
def test_tied_or_not_is_true_or_false(tied):
    """Whatever is stored: a value that cannot be is refused where it is read."""
    for read in (masked_lm_from_config, pretraining_from_config):
        with pytest.raises(ValueError, match=r"here/config\.json: `tie_word_embeddings` must be"):
            read({"tie_word_embeddings": tied}, PATH, stored())


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_a_stored_decoder_that_is_tied_is_the_table(prefix):
    table = np.arange(6.0).reshape(3, 2)
    weights = stored(**{f"{prefix}{TABLE}": table, DECODER: table.copy()})
    assert masked_lm_from_config({}, PATH, weights) == {"tie_embeddings": True}
    for decoder in (np.where(table == 5, 4, table), table[:, ::-1]):
        weights = stored(**{f"{prefix}{TABLE}": table, DECODER: decoder})
        with pytest.raises(ValueError, match=r"config\.json: `tie_word_embeddings` must be false"):
            masked_lm_from_config({}, PATH, weights)
        untied = masked_lm_from_config({"tie_word_embeddings": False}, PATH, weights)
        assert untied == {"tie_embeddings": False}


def test_a_decoder_of_another_shape_is_refused_unread():
    weights = stored(**{TABLE: np.zeros((3, 0)), DECODER: np.zeros((4, 0))})
    with pytest.raises(ValueError, match=r"config\.json: `tie_word_embeddings` must be false"):
        masked_lm_from_config({}, PATH, weights)


def test_a_decoder_without_a_table():
    with pytest.raises(ValueError, match=f"w: must hold the tensor '{TABLE}'"):
        masked_lm_from_config({}, PATH, stored(**{DECODER: np.zeros((3, 2))}))


def test_a_decoder_that_should_be_tied_but_is_not(tmp_path):
    model = randomize(BertMaskedLM(make_backbone(use_pooler=False), tie_embeddings=False))
    save_preset(model, tmp_path / "preset")
    plain = make_plain(tmp_path / "preset", tmp_path / "plain")
    assert not load_preset(BertMaskedLM, plain).tie_embeddings
    edit_json(plain / "config.json", tie_word_embeddings=True)
    with pytest.raises(ValueError, match=r"config\.json: `tie_word_embeddings` must be false"):
        load_preset(BertMaskedLM, plain)
    tensors = read_tensors(plain)
    write_tensors(plain, tensors | {DECODER: tensors[f"bert.{TABLE}"].copy()})
    assert load_preset(BertMaskedLM, plain).tie_embeddings


# === What a format without the head's own activation can hold ===


def backbone_of(activation="gelu_new", epsilon=1e-12):
    return SimpleNamespace(activation=activation, layer_norm_epsilon=epsilon)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"head_activation": None, "head_layer_norm_epsilon": None},
        {"head_activation": "gelu_new", "head_layer_norm_epsilon": 1e-12},
        {"head_activation": "gelu_pytorch_tanh"},  # the same function by another name
    ],
)
def test_a_head_like_its_backbone(settings):
    check_masked_lm_head(settings, backbone_of())


@pytest.mark.parametrize(
    ("settings", "received"),
    [
        ({"head_activation": "gelu"}, "head_activation='gelu', head_layer_norm_epsilon=None"),
        ({"head_layer_norm_epsilon": 1e-5}, "head_activation=None, head_layer_norm_epsilon=1e-05"),
        ({"head_activation": "gelu_new", "head_layer_norm_epsilon": 1e-5}, "epsilon=1e-05"),
    ],
)
def test_a_head_unlike_its_backbone(settings, received):
    message = rf"the activation and the epsilon of its backbone, 'gelu_new' and 1e-12.*{received}"
    with pytest.raises(ValueError, match=message):
        check_masked_lm_head(settings, backbone_of())
