import os

import pytest

from kerabert.checkpoints.manifest import write_manifest
from kerabert.checkpoints.preset_files import PresetFiles


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "vocab.txt").write_bytes(b"a\nb\n")
    return tmp_path


def test_a_plain_directory_is_taken_as_it_is(directory):
    files = PresetFiles(directory)
    assert files.manifest is None
    assert "vocab.txt" in files and "config.json" not in files
    assert files.read("vocab.txt") == b"a\nb\n"


def test_with_a_manifest_only_what_is_listed_and_unchanged(directory):
    write_manifest(directory, "BertTokenizer", {}, None)
    (directory / "notes.txt").write_text("mine")
    files = PresetFiles(directory)
    assert "vocab.txt" in files and "notes.txt" not in files
    assert files.read("vocab.txt") == b"a\nb\n"
    (directory / "vocab.txt").write_bytes(b"a\nc\n")
    with pytest.raises(ValueError, match=r"vocab.txt: must have the SHA-256"):
        files.read("vocab.txt")
    (directory / "vocab.txt").write_bytes(b"a\n")
    with pytest.raises(ValueError, match=r"vocab.txt: must have the size"):
        PresetFiles(directory)
    (directory / "vocab.txt").unlink()
    with pytest.raises(ValueError, match=r"vocab.txt: the file must exist"):
        PresetFiles(directory)


def test_what_is_not_a_regular_file(directory):
    (directory / "folder").mkdir()
    (directory / "link").symlink_to("vocab.txt")
    os.mkfifo(directory / "pipe")
    files = PresetFiles(directory)
    for name in ("folder", "link", "pipe"):
        with pytest.raises(ValueError, match=f"{name}: must be a regular file"):
            files.read(name)


def test_the_links_of_the_download_cache(tmp_path):
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "abc"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    (blobs / "0f").write_bytes(b"a\n")
    (tmp_path / "secret").write_bytes(b"b\n")
    (snapshot / "vocab.txt").symlink_to("../../blobs/0f")
    (snapshot / "other").symlink_to("../../secret")
    files = PresetFiles(snapshot)
    assert files.read("vocab.txt") == b"a\n"
    with pytest.raises(ValueError, match="other: must be a regular file"):
        files.read("other")


def test_the_store_that_the_repositories_of_a_cache_share(tmp_path):
    snapshot = tmp_path / "models--me--bert" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    blob = tmp_path / "models--me--bert" / "blobs" / "0f"
    blob.parent.mkdir()
    shared = tmp_path / "blobs" / "ab" / ("ab" * 32)
    shared.parent.mkdir(parents=True)
    shared.write_bytes(b"a\n")
    (tmp_path / "secret").write_bytes(b"b\n")
    (snapshot / "vocab.txt").symlink_to("../../blobs/0f")
    blob.symlink_to(f"../../blobs/ab/{'ab' * 32}")
    assert PresetFiles(snapshot).read("vocab.txt") == b"a\n"
    for elsewhere in ("../../secret", "../../blobs/ab/../../secret", str(shared)):
        blob.unlink()
        blob.symlink_to(elsewhere)
        with pytest.raises(ValueError, match=r"vocab\.txt: must be a regular file"):
            PresetFiles(snapshot).read("vocab.txt")


def test_too_large(directory):
    with pytest.raises(ValueError, match=r"vocab.txt: must hold at most 3 bytes"):
        PresetFiles(directory).read("vocab.txt", max_bytes=3)
