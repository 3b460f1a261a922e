import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kerabert.checkpoints import presets_folder
from kerabert.checkpoints.hosted.known_presets import KNOWN_PRESETS
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.checkpoints.presets_folder import find_preset, list_presets
from kerabert.models.backbone import BertBackbone
from tests.checkpoints.presets import are_equal, make_backbone, randomize
from tests.checks import REPOSITORY

HOSTED = [preset.name for preset in KNOWN_PRESETS]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(presets_folder, "presets_folder", lambda: tmp_path / "presets")
    return tmp_path / "presets"


def test_a_checkout_has_its_folder_at_the_top():
    assert presets_folder.presets_folder() == REPOSITORY / "presets"


def test_a_name_is_found(folder):
    backbone = randomize(make_backbone())
    save_preset(backbone, folder / "bert_test")
    (folder / "not_one").mkdir()
    (folder / "README.md").write_text("")
    assert list(list_presets()) == ["bert_test", *HOSTED]
    assert list_presets()["bert_test"].handle == "shipped"
    assert are_equal(load_preset(BertBackbone, "bert_test"), backbone)


def test_no_folder_is_no_preset_but_hosted_ones(folder):
    assert list(list_presets()) == HOSTED


def test_an_unknown_name_is_refused_with_the_nearest_one(folder):
    save_preset(make_backbone(), folder / "bert_test")
    with pytest.raises(ValueError, match=r"list_presets.*preset='bert_tset'.* mean 'bert_test'\?"):
        find_preset("bert_tset")
    with pytest.raises(ValueError, match=r"Received: preset='/no/where'$"):
        find_preset("/no/where")


@pytest.fixture
def downloads(folder, monkeypatch):
    """What would be downloaded, in place of downloading it."""
    asked = []

    def download(handle, weights, load_pickled):
        asked.append((str(handle), weights, load_pickled))
        return folder

    monkeypatch.setattr(presets_folder, "download", download)
    return asked


def test_hosted_presets_are_downloaded(folder, downloads):
    assert find_preset("bert_base_en_uncased") == folder
    assert find_preset("gte_base_en", revision="v1", weights=False) == folder
    assert find_preset("hf://owner/name@v1", load_pickled=True) == folder
    assert find_preset("kaggle://owner/model/keras/small/2") == folder
    assert downloads == [
        ("kaggle://keras/bert/keras/bert_base_en_uncased/3", True, False),
        ("hf://thenlper/gte-base@v1", False, False),
        ("hf://owner/name@v1", True, True),
        ("kaggle://owner/model/keras/small/2", True, False),
    ]


def test_a_shipped_preset_goes_before_a_hosted_one_of_its_name(folder, downloads):
    save_preset(make_backbone(), folder / "bert_base_en")
    assert find_preset("bert_base_en") == folder / "bert_base_en"
    assert list_presets()["bert_base_en"].handle == "shipped"
    assert downloads == []


def test_a_directory_of_a_known_name_is_reached_by_its_path(folder, downloads, monkeypatch):
    (folder / "bert_base_en").mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert find_preset("./bert_base_en") == find_preset(Path("bert_base_en"))
    assert downloads == []


@pytest.mark.parametrize("preset", ["bert_base_en", "kaggle://a/b/c/d", "shipped", "."])
def test_a_revision_is_of_the_hugging_face_hub(folder, downloads, preset):
    save_preset(make_backbone(), folder / "shipped")
    with pytest.raises(ValueError, match=r"`revision` must be None .*revision='v1'"):
        find_preset(preset, revision="v1")


@pytest.mark.parametrize("preset", ["hf://owner", "kaggle://a/b", "https://x", "hf://a/../b"])
def test_odd_handles_are_refused(preset):
    with pytest.raises(ValueError, match=f"`preset` must be .*preset='{preset}'"):
        find_preset(preset)


@pytest.mark.parametrize("preset", ["", None, 3, b"x", "a\0b"])
def test_what_is_no_path_is_refused(preset):
    with pytest.raises(ValueError, match="`preset` must be a name or a path"):
        find_preset(preset)


def test_a_file_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(ValueError, match="a directory, not a file"):
        find_preset(path)


def test_a_preset_whose_replacement_was_cut_short_is_found(tmp_path):
    backbone = randomize(make_backbone())
    save_preset(backbone, tmp_path / "preset")
    (tmp_path / "preset").rename(tmp_path / ".preset.old-0123456789abcdef")
    assert are_equal(load_preset(BertBackbone, tmp_path / "preset"), backbone)


@pytest.mark.slow
def test_a_wheel_carries_the_presets(tmp_path):
    import shutil

    source = tmp_path / "source"
    leave_out = shutil.ignore_patterns(".*", "__pycache__", "tests", "benchmarks", "guides")
    shutil.copytree(REPOSITORY, source, ignore=leave_out)
    save_preset(make_backbone(), source / "presets" / "bert_test")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=source, check=True
    )
    (wheel,) = (source / "dist").glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)  # what pip does with a wheel of pure Python
    code = (
        "import kerabert.checkpoints.presets_folder as p, sys; print(p.__file__);"
        "from kerabert.models.backbone import BertBackbone;"
        "from kerabert.checkpoints.preset import load_preset;"
        "print(next(iter(p.list_presets())), load_preset(BertBackbone, 'bert_test').hidden_dim)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(installed)!r}); {code}"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert lines[-2].startswith(str(installed))
    assert lines[-1] == "bert_test 8"
