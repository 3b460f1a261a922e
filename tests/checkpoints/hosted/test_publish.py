"""Real huggingface_hub against a fake hub on this machine, see fake_hosts.py.

The real hub is not reached, and Xet, its way for large files, is not tried.
"""

import sys

import pytest

import kerabert
from kerabert.checkpoints.hosted.publish import upload_preset
from kerabert.checkpoints.model_card import make_model_card
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.text_classifier import BertTextClassifier
from tests.checkpoints.fake_hosts import FakeHub, read_files, running, use_hub
from tests.checkpoints.presets import are_equal, make_classifier, make_plain

pytest.importorskip("huggingface_hub")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with running(FakeHub()) as hub:
        use_hub(monkeypatch, hub, tmp_path / "cache")
        yield hub


@pytest.fixture
def directory(tmp_path):
    save_preset(make_classifier(), tmp_path / "preset")
    return tmp_path / "preset"


def test_there_and_back_in_one_commit(hub, directory):
    before = read_files(directory)
    page = kerabert.upload_preset("hf://me/notes", directory, license="mit", scores={"F1": 0.9})
    assert page == f"{hub.url}/me/notes"
    card = make_model_card(directory, "hf://me/notes", license="mit", scores={"F1": 0.9})
    there = hub.repositories["me/notes"]["main"]
    assert there == before | {"README.md": card.encode()}
    assert len(hub.commits) == 1
    assert read_files(directory) == before
    assert hub.created["me/notes"].get("visibility") != "private"
    assert are_equal(load_preset(BertTextClassifier, "hf://me/notes"), make_classifier())


def test_nothing_else_is_uploaded(hub, directory):
    (directory / "secret.env").write_text("TOKEN=1")
    (directory / "checkpoints").mkdir()
    (directory / "checkpoints" / "model.safetensors").write_bytes(b"x")
    names = {*read_files(directory)} - {"secret.env", "checkpoints/model.safetensors"}
    upload_preset("hf://me/notes", directory, license="mit")
    assert set(hub.repositories["me/notes"]["main"]) == names | {"README.md"}


def test_a_private_repository(hub, directory):
    upload_preset("hf://me/notes", directory, license="mit", private=True)
    created = hub.created["me/notes"]
    assert created.get("visibility") == "private" or created.get("private") is True


def test_the_card_of_the_directory_goes_as_it_is(hub, directory):
    (directory / "README.md").write_text("---\nlicense: mit\n---\n\n# Mine\n")
    upload_preset("hf://me/notes", directory)
    assert b"# Mine" in hub.repositories["me/notes"]["main"]["README.md"]
    with pytest.raises(ValueError, match=r"README\.md: is the model card, so `license`, `limits`"):
        upload_preset("hf://me/notes", directory, license="mit", limits="none")


def test_the_card_on_the_hub_stays_unless_another_is_asked_for(hub, directory):
    hub.put("me/notes", {"README.md": b"edited there"})
    upload_preset("hf://me/notes", directory)
    assert hub.repositories["me/notes"]["main"]["README.md"] == b"edited there"
    upload_preset("hf://me/notes", directory, license="mit")
    assert b"# notes" in hub.repositories["me/notes"]["main"]["README.md"]


def test_a_licence_must_be_stated(hub, directory):
    with pytest.raises(ValueError, match=r"`license` must be given, since there is no .*README"):
        upload_preset("hf://me/notes", directory)
    with pytest.raises(ValueError, match=r"`license` must be given"):
        upload_preset("hf://me/notes", directory, limits="many")
    assert not hub.created and not hub.commits


def test_a_second_upload_changes_what_is_there(hub, directory, tmp_path):
    upload_preset("hf://me/notes", directory, license="mit")
    other = make_classifier(seed=1)
    save_preset(other, directory)
    upload_preset("hf://me/notes", directory)
    assert are_equal(load_preset(BertTextClassifier, "hf://me/notes"), other)
    assert [name for name, _ in hub.commits] == ["me/notes", "me/notes"]


def test_a_damaged_preset_is_not_uploaded(hub, directory, tmp_path):
    path = directory / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"model\.safetensors: must have the SHA-256"):
        upload_preset("hf://me/notes", directory, license="mit")
    make_plain(directory, tmp_path / "plain")
    for other in (tmp_path / "plain", tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=r"kerabert\.json: the file must exist"):
            upload_preset("hf://me/notes", other, license="mit")
    assert hub.log == []


@pytest.mark.parametrize("handle", ["me/notes", "hf://notes", "kaggle://a/b/c/d", "hf://a/b@main"])
def test_odd_handles_are_refused(hub, directory, handle):
    with pytest.raises(ValueError, match=f"must .*{handle}"):
        upload_preset(handle, directory, license="mit")
    assert hub.log == []


def test_without_the_right_to_write(hub, directory):
    hub.refuse_writing = True
    with pytest.raises(ValueError, match=r"hf://me/notes: you must be logged in .*hf auth login"):
        upload_preset("hf://me/notes", directory, license="mit")


def test_without_a_network(hub, directory):
    hub.stop()
    with pytest.raises(ValueError, match=r"hf://me/notes: the hub must take the upload.*Connect"):
        upload_preset("hf://me/notes", directory, license="mit")


def test_huggingface_hub_is_not_installed(directory, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ValueError, match=r"hf://me/notes: huggingface_hub must be installed: pip"):
        upload_preset("hf://me/notes", directory, license="mit")
