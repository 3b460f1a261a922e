import subprocess
import sys
import zipfile

import pytest

from kerabert.checkpoints import presets_folder
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.checkpoints.presets_folder import find_preset, list_presets
from kerabert.models.backbone import BertBackbone
from tests.checkpoints.presets import are_equal, make_backbone, randomize
from tests.checks import REPOSITORY


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(presets_folder, "presets_folder", lambda: tmp_path / "presets")
    return tmp_path / "presets"


def test_a_checkout_has_its_folder_at_the_top():
    assert presets_folder.presets_folder() == REPOSITORY / "presets"
    assert isinstance(list_presets(), list)


def test_a_name_is_found(folder):
    backbone = randomize(make_backbone())
    save_preset(backbone, folder / "bert_test")
    (folder / "not_one").mkdir()
    (folder / "README.md").write_text("")
    assert list_presets() == ["bert_test"]
    assert are_equal(load_preset(BertBackbone, "bert_test"), backbone)


def test_no_folder_is_no_preset(folder):
    assert list_presets() == []


def test_an_unknown_name_is_refused_with_the_known_ones(folder):
    save_preset(make_backbone(), folder / "bert_test")
    with pytest.raises(ValueError, match=r"\['bert_test'\] or the path .*preset='bert_tset'"):
        find_preset("bert_tset")


@pytest.mark.parametrize("preset", ["hf://owner/name", "kaggle://a/b", "https://x"])
def test_hosted_presets_are_refused(preset):
    with pytest.raises(ValueError, match="not supported yet"):
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
        "print(p.list_presets(), load_preset(BertBackbone, 'bert_test').hidden_dim)"
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
    assert lines[-1] == "['bert_test'] 8"
