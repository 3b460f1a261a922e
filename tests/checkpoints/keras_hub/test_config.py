"""config.json and task.json of KerasHub: what they say is kept, what they must not is refused."""

import json

import pytest

import kerabert
from kerabert.checkpoints.keras_hub.config import (
    hugging_face_config,
    read_backbone,
    read_carried,
    read_task,
    write_backbone,
)
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.checkpoints.preset_files import PresetFiles
from tests.checkpoints.keras_hub_presets import edit_config, make_ours, make_plain, make_theirs
from tests.checkpoints.presets import edit_json


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    directory = tmp_path_factory.mktemp("written")
    save_preset(make_ours("classifier"), directory / "preset", format="keras_hub")
    return make_plain(directory / "preset", directory / "plain")


@pytest.fixture
def plain(written, tmp_path):
    import shutil

    return shutil.copytree(written, tmp_path / "plain")


def test_what_is_written_is_what_keras_hub_writes(tmp_path):
    for kind in ("classifier", "masked_lm", "embedder"):
        theirs, ours = make_theirs(kind, num_segments=3), make_ours(kind, sequence_length=12)
        theirs.save_to_preset(str(tmp_path / "theirs"))
        save_preset(ours, tmp_path / kind, format="keras_hub")
        for name in ("config.json", "task.json", "preprocessor.json", "tokenizer.json"):
            one, other = (
                json.loads((tmp_path / folder / name).read_text()) for folder in ("theirs", kind)
            )
            assert list(_differences(one, other)) == [], (kind, name)


def _differences(theirs, ours, path=()):
    """Where two JSON values differ, but for names, the numbers that the models differ in, and
    what has its default when it is missing."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in theirs.keys() | ours.keys():
            yield from _differences(theirs.get(key), ours.get(key), (*path, key))
    elif theirs != ours and path[-1] not in _OWN:
        yield path, theirs, ours


_OWN = {"name", "intermediate_dim", "max_sequence_length", "strip_accents", "dropout"}
_OWN |= {"mask_selection_rate", "mask_selection_length", "mask_token_rate", "random_token_rate"}


def test_a_backbone_comes_back(tmp_path):
    ours = make_ours("backbone", backbone={"dropout_rate": 0.3, "attention_dropout_rate": 0.3})
    (tmp_path / "config.json").write_text(json.dumps(write_backbone(ours)))
    read = read_backbone(PresetFiles(tmp_path))
    assert read == {
        "vocabulary_size": ours.vocabulary_size,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 16,
        "max_sequence_length": 32,
        "num_segments": 3,
        "dropout": 0.3,
    }
    config = hugging_face_config(read, None)
    assert config["hidden_act"] == "gelu_new" and config["layer_norm_eps"] == 1e-12
    assert config["hidden_dropout_prob"] == config["attention_probs_dropout_prob"] == 0.3


def test_defaults_of_keras_hub(plain):
    (plain / "task.json").unlink()
    edit_config(plain / "config.json", dropout=..., num_segments=..., dtype=..., trainable=...)
    read = read_backbone(PresetFiles(plain))
    assert read["dropout"] == 0.1 and read["num_segments"] == 2


@pytest.mark.parametrize("package", ["keras_hub", "keras_nlp"])
def test_both_names_of_the_library(plain, package):
    for name in ("config.json", "task.json"):
        text = (plain / name).read_text().replace("keras_hub", package)
        (plain / name).write_text(text)
    edit_json(plain / "task.json", registered_name=f"{package}>BertClassifier")
    edit_json(plain / "config.json", assets=[], weights="model.weights.h5")
    assert load_preset(kerabert.BertTextClassifier, plain).num_classes == 3


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vocabulary_size", ...),
        ("vocabulary_size", 0),
        ("vocabulary_size", 2**31),
        ("num_layers", True),
        ("num_layers", "2"),
        ("hidden_dim", None),
        ("num_heads", 3),
        ("intermediate_dim", 1.5),
        ("max_sequence_length", None),
        ("num_segments", -1),
        ("dropout", 1),
        ("dropout", None),
        ("dropout", float("inf")),
        ("activation", "relu"),
        ("dtype", "int8_from_float32"),
        ("dtype", {"class_name": "DTypePolicyMap", "config": {"name": "map_12"}}),
        ("dtype", []),
        ("quantization_config", {}),
    ],
)
def test_bad_values_are_refused(plain, key, value):
    edit_config(plain / "config.json", **{key: value})
    with pytest.raises(ValueError, match=rf"config\.json: .*({key}|JSON)"):
        load_preset(kerabert.BertBackbone, plain)


@pytest.mark.parametrize(
    "name", ["keras_hub>RobertaBackbone", "mine>BertBackbone", "BertBackbone", None, 3, []]
)
def test_other_classes_are_refused(plain, name):
    edit_json(plain / "config.json", registered_name=name)
    with pytest.raises(ValueError, match=r"config\.json: `registered_name` must be that of"):
        load_preset(kerabert.BertBackbone, plain)


def test_another_object_in_task_json(plain):
    """A task of someone's own is not looked at: its backbone is in the other files."""
    for values in ({"registered_name": "mine>Task"}, {"registered_name": ...}, {"config": 3}):
        edit_json(plain / "task.json", **values)
        assert read_task(PresetFiles(plain)) is None
        load_preset(kerabert.BertBackbone, plain)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_classes", 4),
        ("num_classes", 0),
        ("num_classes", None),
        ("num_classes", 10**12),
        ("activation", "relu"),
        ("activation", ["softmax"]),
        ("activation", {"class_name": "function", "config": "x"}),
        ("dropout", 2),
        ("dropout", "0.1"),
        ("backbone", None),
        ("hidden_dim", 8),
    ],
)
def test_bad_values_of_a_task_are_refused(plain, key, value):
    edit_config(plain / "task.json", **{key: value})
    with pytest.raises(ValueError, match=r"task\.(json|weights\.h5): .*must"):
        load_preset(kerabert.BertTextClassifier, plain)


def test_one_class_with_softmax(plain):
    edit_config(plain / "task.json", num_classes=1, activation="softmax")
    with pytest.raises(ValueError, match=r"task\.json: `activation` must be another one"):
        load_preset(kerabert.BertTextRegressor, plain)


def test_a_backbone_unlike_that_of_config_json(plain):
    edit_config(plain / "task.json", "backbone", dropout=0.5)
    with pytest.raises(ValueError, match=r"task\.json: `backbone` must be that of config\.json"):
        load_preset(kerabert.BertTextClassifier, plain)


@pytest.mark.parametrize("mark", [3, [], {"config": 3}, {"config": {}, "x": None}])
def test_a_damaged_mark(plain, mark):
    edit_json(plain / "metadata.json", kerabert=mark)
    with pytest.raises(ValueError, match=r"metadata\.json: `kerabert` must be an object"):
        load_preset(kerabert.BertBackbone, plain)


def test_what_is_carried(tmp_path, plain):
    assert read_carried(PresetFiles(plain)) == {}
    (plain / "metadata.json").unlink()  # KerasHub does not read it
    load_preset(kerabert.BertBackbone, plain)
    ours = make_ours("classifier", classes=["a", "b", "c"], tokenizer={"strip_accents": None})
    save_preset(ours, tmp_path / "preset", format="keras_hub")
    carried = read_carried(PresetFiles(tmp_path / "preset"))
    assert carried["config"]["id2label"] == {"0": "a", "1": "b", "2": "c"}
    assert carried["tokenizer"] == {"strip_accents": None}


def test_other_formats_are_left_to_others(tmp_path):
    from kerabert.checkpoints.keras_hub.preset import matches

    save_preset(make_ours("classifier"), tmp_path / "preset")
    assert not matches(PresetFiles(tmp_path / "preset"))
    (tmp_path / "preset/config.json").write_bytes(b"{")
    (tmp_path / "preset/kerabert.json").unlink()
    assert not matches(PresetFiles(tmp_path / "preset"))
    (tmp_path / "preset/config.json").unlink()
    (tmp_path / "preset/tokenizer.json").write_text('{"version": "1.0", "model": {}}')
    assert not matches(PresetFiles(tmp_path / "preset"))
