import pytest

from tests.corpora.beam_pipelines import beam_files

FileSystems, open_packed = beam_files.FileSystems, beam_files.open_packed
write_whole = beam_files.write_whole


def hello(file):
    file.write(b"hello")


def test_a_file_is_written_and_read(tmp_path):
    path = str(tmp_path / "new folder" / "a.gz")
    write_whole(path, hello)
    with open_packed(path) as file:  # it is not unpacked
        assert file.read() == b"hello"
    write_whole(path, lambda file: file.write(b"again"))
    assert [p.read_bytes() for p in (tmp_path / "new folder").iterdir()] == [b"again"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_write_leaves_what_was_there(tmp_path, error):
    def fail(file):
        hello(file)
        file.flush()
        raise error

    path = tmp_path / "a"
    path.write_text("before")
    with pytest.raises(type(error)) as raised:
        write_whole(str(path), fail)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["before"]
    if isinstance(error, OSError):
        assert str(path) in str(raised.value) and raised.value.errno == 28


def test_a_file_system_that_renames_onto_nothing(tmp_path, monkeypatch):
    def rename(sources, targets):
        if FileSystems.exists(targets[0]):
            raise OSError("the target is there")
        original(sources, targets)

    original = FileSystems.rename
    monkeypatch.setattr(FileSystems, "rename", rename)
    (tmp_path / "a").write_text("before")
    write_whole(str(tmp_path / "a"), hello)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["hello"]
