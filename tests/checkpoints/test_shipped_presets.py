import pytest

from kerabert.checkpoints.preset import save_preset
from kerabert.checkpoints.shipped_presets import describe_shipped
from tests.checkpoints.presets import make_backbone, make_classifier, make_tokenizer

CARD = '---\nlicense: "apache-2.0"\nlanguage: en\ntags: [a]\n---\n\n# x\n\nlicense: mit\n'


def test_what_its_files_say(tmp_path):
    model = make_classifier(tokenizer=make_tokenizer(lowercase=False))
    save_preset(model, tmp_path / "mine")
    (tmp_path / "mine" / "README.md").write_text(CARD)
    found = describe_shipped(tmp_path / "mine")
    assert (found.name, found.handle, found.needs) == ("mine", "shipped", "")
    assert found.parameters == model.backbone.count_params()
    assert (found.language, found.cased, found.license) == ("en", True, "apache-2.0")


def test_what_they_do_not_say(tmp_path):
    save_preset(make_backbone(), tmp_path / "mine")
    found = describe_shipped(tmp_path / "mine")
    assert (found.language, found.cased, found.license) == (None, None, "unknown")


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "README.md"])
@pytest.mark.parametrize("data", [b"", b"[]", b"---\n", b"\xff", b'{"model_type": "gpt2"}'])
def test_a_damaged_preset_is_listed_all_the_same(tmp_path, name, data):
    save_preset(make_classifier(), tmp_path / "mine")
    (tmp_path / "mine" / name).write_bytes(data)
    found = describe_shipped(tmp_path / "mine")
    assert found.name == "mine"
    assert (found.parameters is None) == (name == "config.json")
