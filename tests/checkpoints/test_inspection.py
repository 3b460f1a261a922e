import hashlib

import pytest

import kerabert
from kerabert.checkpoints.heads import HEADS
from kerabert.checkpoints.inspection import inspect_preset
from kerabert.checkpoints.preset import save_preset
from tests.checkpoints.presets import edit_json, make_backbone, make_classifier, make_plain
from tests.tiny import VOCABULARY, make_tokenizer

CASES = [(name, {}) for name in HEADS] + [("BertMaskedLM", {"tie_embeddings": False})]


@pytest.mark.parametrize(("name", "settings"), CASES)
@pytest.mark.parametrize("plain", [False, True])
def test_the_class_that_holds_it_all_is_found(name, settings, plain, tmp_path):
    sizes = {"num_classes": 3} if "num_classes" in HEADS[name].sizes else settings
    model = getattr(kerabert, name)(make_backbone(), tokenizer=make_tokenizer(), **sizes)
    save_preset(model, tmp_path / "preset")
    directory = tmp_path / "preset"
    if plain:
        directory = make_plain(directory, tmp_path / "plain")
    found = inspect_preset(directory)
    assert found.class_name == name
    assert name in found.heads
    assert found.num_parameters == model.count_params()
    assert found.ignored == []
    assert found.tokenizer["vocabulary_size"] == len(VOCABULARY)


def test_a_backbone_and_what_is_left_out(tmp_path):
    save_preset(make_backbone(use_pooler=False), tmp_path)
    found = inspect_preset(tmp_path)
    assert found.class_name == "BertBackbone" and found.heads == {} and found.tokenizer is None
    assert "heads          none" in str(found)


def test_what_has_no_effect_is_told(tmp_path):
    save_preset(make_classifier(), tmp_path / "preset")
    plain = make_plain(tmp_path / "preset", tmp_path / "plain")
    edit_json(plain / "config.json", use_cache=False, something=1)
    found = inspect_preset(plain)
    assert {"use_cache", "something"} <= set(found.ignored_settings)
    assert not {"hidden_size", "hidden_act", "id2label"} & set(found.ignored_settings)


def test_digests_are_those_of_the_files(tmp_path):
    save_preset(make_classifier(), tmp_path / "preset")
    plain = make_plain(tmp_path / "preset", tmp_path / "plain")
    found = inspect_preset(plain)
    for name, (size, sha256) in found.files.items():
        data = (plain / name).read_bytes()
        assert (size, sha256) == (len(data), hashlib.sha256(data).hexdigest())
    (plain / "vocab.txt").write_bytes((plain / "vocab.txt").read_bytes() + b"x\n")
    assert inspect_preset(plain).digest != found.digest


def test_damage_is_named(tmp_path):
    save_preset(make_classifier(), tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        inspect_preset(tmp_path)
