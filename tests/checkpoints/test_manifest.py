import json

import pytest

from kerabert.checkpoints.json_file import dump_json
from kerabert.checkpoints.manifest import (
    _checksum,
    is_plain_name,
    own_files,
    read_manifest,
    write_manifest,
)
from tests.checkpoints.presets import edit_json


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.bin").write_bytes(b"")
    write_manifest(tmp_path, "BertBackbone", {"classes": ["ü"]}, None)
    return tmp_path


def signed(content, **changes):
    content = {**content, **changes}
    return dump_json({**content, "checksum": _checksum(content)})


def test_round_trip(directory):
    manifest = read_manifest((directory / "kerabert.json").read_bytes(), "kerabert.json")
    assert manifest.class_name == "BertBackbone"
    assert manifest.settings == {"classes": ["ü"]}
    assert manifest.tokenizer is None
    assert {name: file.size for name, file in manifest.files.items()} == {"a.txt": 3, "b.bin": 0}
    assert own_files(directory) == {"a.txt", "b.bin", "kerabert.json"}


@pytest.mark.parametrize(
    "changes",
    [
        {"class": "BertTextClassifier"},
        {"settings": {}},
        {"kerabert_version": "9"},
        {"checksum": "0"},
        {"checksum": None},
        {"checksum": ...},
        {"more": 1},
        {"format_version": 2},
        {"format_version": True},
        {"format_version": ...},
    ],
)
def test_any_change_of_meaning_is_refused(directory, changes):
    path = directory / "kerabert.json"
    edit_json(path, **changes)
    with pytest.raises(ValueError, match=r"here/kerabert\.json: "):
        read_manifest(path.read_bytes(), "here/kerabert.json")


def test_white_space_and_order_are_no_change(directory):
    path = directory / "kerabert.json"
    content = json.loads(path.read_text())
    data = json.dumps(dict(reversed(content.items())), indent=7).encode()
    assert read_manifest(data, "x") == read_manifest(path.read_bytes(), "x")


@pytest.mark.parametrize(
    "changes",
    [
        {"class": 1},
        {"settings": []},
        {"tokenizer": "x"},
        {"files": []},
        {"files": {"../a": {"size": 1, "sha256": ""}}},
        {"files": {"/etc/passwd": {"size": 1, "sha256": ""}}},
        {"files": {"..": {"size": 1, "sha256": ""}}},
        {"files": {"a/../b": {"size": 1, "sha256": ""}}},
        {"files": {"a//b": {"size": 1, "sha256": ""}}},
        {"files": {"a/b/c/d/e": {"size": 1, "sha256": ""}}},
        {"files": {"C:\\x": {"size": 1, "sha256": ""}}},
        {"files": {"": {"size": 1, "sha256": ""}}},
        {"files": {"kerabert.json": {"size": 1, "sha256": ""}}},
        {"files": {"a": {"size": -1, "sha256": ""}}},
        {"files": {"a": {"size": True, "sha256": ""}}},
        {"files": {"a": {"size": 1, "sha256": 5}}},
        {"files": {"a": {"size": 1}}},
        {"files": {"a": 1}},
    ],
)
def test_bad_content_is_refused_whatever_its_checksum(directory, changes):
    content = json.loads((directory / "kerabert.json").read_text())
    with pytest.raises(ValueError, match=r"here/kerabert\.json: "):
        read_manifest(signed(content, **changes), "here/kerabert.json")


def test_only_a_preset_has_own_files(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="new, empty or holds a preset"):
        own_files(tmp_path)


def test_plain_names():
    assert all(map(is_plain_name, ["a", "model.safetensors", "..a", "ü"]))
    assert not any(map(is_plain_name, ["", ".", "..", "a/b", "a\\b", "a:b", "a\0", "/a"]))
