import pytest

from kerabert.checkpoints import atomic
from kerabert.checkpoints.atomic import find_interrupted, replaced_directory
from tests.checkpoints.presets import file_names


def own(directory):
    return {"a", "b"}


def save(target, **files):
    with replaced_directory(target, own) as aside:
        for name, text in files.items():
            (aside / name).write_text(text)


def read(directory):
    return {path.name: path.read_text() for path in directory.iterdir() if path.is_file()}


@pytest.fixture(params=["one step", "two steps"])
def steps(request, monkeypatch):
    if request.param == "two steps":
        monkeypatch.setattr(atomic, "exchange", lambda one, other: False)
    return request.param


def test_new_empty_and_existing_targets(tmp_path, steps):
    target = tmp_path / "deep" / "target"
    save(target, a="1", b="2")
    assert read(target) == {"a": "1", "b": "2"}
    save(target, a="3")
    assert read(target) == {"a": "3"}
    assert file_names(target.parent) == ["target"]
    (tmp_path / "empty").mkdir()
    save(tmp_path / "empty", a="4")
    assert read(tmp_path / "empty") == {"a": "4"}


def test_other_files_stay(tmp_path, steps):
    target = tmp_path / "target"
    save(target, a="1")
    (target / "README.md").write_text("mine")
    (target / "logs").mkdir()
    (target / "logs" / "x").write_text("log")
    (target / "link").symlink_to("nowhere")
    target.chmod(0o750)
    save(target, b="2")
    assert read(target) == {"b": "2", "README.md": "mine"}
    assert (target / "logs" / "x").read_text() == "log"
    assert str((target / "link").readlink()) == "nowhere"
    assert target.stat().st_mode & 0o777 == 0o750


def test_a_file_that_stays_is_not_overwritten(tmp_path):
    target = tmp_path / "target"
    save(target, a="1")
    (target / "c").write_text("mine")
    with pytest.raises(ValueError, match="not of the preset that is there"):
        save(target, c="new")
    assert read(target) == {"a": "1", "c": "mine"}


def test_a_file_is_no_target(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(ValueError, match=r"saved to a directory. Received: the file .*file'"):
        save(path, a="1")


def test_what_must_not_be_replaced_is_not(tmp_path):
    def refuse(directory):
        raise ValueError("not this one")

    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "x").write_text("mine")
    with (
        pytest.raises(ValueError, match="not this one"),
        replaced_directory(tmp_path / "target", refuse),
    ):
        pytest.fail("the block must not begin")
    assert read(tmp_path / "target") == {"x": "mine"}
    assert file_names(tmp_path) == ["target"]


def test_an_error_leaves_nothing(tmp_path, steps):
    target = tmp_path / "target"
    for before in ({}, {"a": "1"}):
        with pytest.raises(RuntimeError), replaced_directory(target, own) as aside:
            (aside / "b").write_text("half")
            raise RuntimeError
        assert not target.exists() if not before else read(target) == before
        save(target, a="1")
    assert file_names(tmp_path) == ["target"]


def test_an_error_while_renaming_puts_the_old_one_back(tmp_path, monkeypatch):
    target = tmp_path / "target"
    save(target, a="1")
    monkeypatch.setattr(atomic, "exchange", lambda one, other: False)
    rename = type(target).rename

    def fail(self, other):
        if ".new-" in self.name:
            raise OSError("no")
        return rename(self, other)

    monkeypatch.setattr(type(target), "rename", fail)
    with pytest.raises(OSError, match="no"):
        save(target, a="2")
    assert read(target) == {"a": "1"}
    assert file_names(tmp_path) == ["target"]


def test_a_link_to_a_directory_is_followed(tmp_path):
    save(tmp_path / "real", a="1")
    (tmp_path / "link").symlink_to("real")
    save(tmp_path / "link", a="2")
    assert (tmp_path / "link").is_symlink()
    assert read(tmp_path / "real") == {"a": "2"}


def test_leftovers_are_cleared_but_not_of_living_processes(tmp_path):
    target = tmp_path / "target"
    (tmp_path / ".target.new-0123456789abcdef").mkdir()
    (tmp_path / ".target.old-0123456789abcdef").mkdir()
    (tmp_path / ".other.new-0123456789abcdef").mkdir()
    save(target, a="0")
    assert file_names(tmp_path) == [".other.new-0123456789abcdef", "target"]
    with replaced_directory(target, own) as first:
        save(target, a="1")
        assert first.is_dir()
        (first / "a").write_text("2")
    assert read(target) == {"a": "2"}
    assert file_names(tmp_path) == [".other.new-0123456789abcdef", "target"]


def test_a_replacement_cut_between_its_two_renames(tmp_path):
    target = tmp_path / "tar[g]et*"
    save(target, a="1")
    target.rename(tmp_path / ".tar[g]et*.old-0123456789abcdef")
    assert read(find_interrupted(target)) == {"a": "1"}
    with pytest.raises(RuntimeError), replaced_directory(target, own):
        assert read(target) == {"a": "1"}
        raise RuntimeError
    assert find_interrupted(target) is None
    assert file_names(tmp_path) == ["tar[g]et*"]
