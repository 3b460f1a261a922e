import gzip
import json

import pytest

from kerabert.corpora.documents import DocumentReader
from tests.corpora.beam_pipelines import ReadDocuments, run


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "one.txt.gz").write_bytes(gzip.compress(b"First.\n\nBad \xff.\n\nSecond."))
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "Third."}) + "\n{broken")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    return tmp_path


def test_a_folder_as_its_reader_reads_it(folder):
    documents, counters = run(ReadDocuments(folder))
    assert sorted(documents) == sorted(DocumentReader(folder))
    assert len(documents) == 3
    assert counters == {
        "skipped: document of broken UTF-8": 1,
        "skipped: line of broken JSON": 1,
    }


def test_one_file(folder):
    path = folder / "b" / "one.txt.gz"
    documents, _ = run(ReadDocuments(path))
    assert sorted(documents) == sorted(DocumentReader(path))


def test_arguments_reach_the_file(folder):
    (folder / "a.jsonl").write_text(json.dumps({"body": "Third."}))
    documents, _ = run(ReadDocuments(folder / "a.jsonl", text_key="body"))
    assert [document.text for document in documents] == ["Third."]


def test_bad_paths(folder, tmp_path):
    with pytest.raises(ValueError, match=r"must be a file or a folder\. Received: .*gone"):
        run(ReadDocuments(tmp_path / "gone"))
    with pytest.raises(ValueError, match="no pattern"):
        ReadDocuments("gs://bucket/*.txt")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"x")
    with pytest.raises(ValueError, match="1 files, none of them"):
        run(ReadDocuments(tmp_path / "pictures"))


def test_damage_is_named(folder):
    (folder / "cut.txt.gz").write_bytes(gzip.compress(b"text " * 100)[:-9])
    with pytest.raises(Exception, match=r"cut\.txt\.gz: the file is cut off"):
        run(ReadDocuments(folder))
