import gzip
import io

import pytest

from kerabert.corpora.document_file import DocumentFile, find_kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.txt", "text"),
        ("a.TXT.GZ", "text"),
        ("folder.d/README", "text"),
        ("a.ndjson.xz", "json"),
        ("gs://bucket/a.jsonl", "json"),
        ("a.parquet", "parquet"),
        ("a.xml.bz2", "xml"),
        ("a.png", None),
        ("a.png.gz", None),
    ],
)
def test_a_name_says_what_a_file_holds(path, kind):
    assert find_kind(path) == kind


def test_a_file_that_is_nowhere_on_the_disk():
    content = DocumentFile("gs://bucket/a.txt.gz")
    assert list(content.read(io.BytesIO(gzip.compress(b"One.\n\nTwo.\xff\n\nThree.")))) == [
        "One.",
        "Three.",
    ]
    assert content.skipped == {"document of broken UTF-8": 1}


def test_an_error_names_the_file():
    damaged = io.BytesIO(gzip.compress(b"One.")[:-3])
    with pytest.raises(ValueError, match=r"gs://bucket/a\.txt\.gz: the file is cut off"):
        list(DocumentFile("gs://bucket/a.txt.gz").read(damaged))


def test_parquet_from_an_open_file():
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table({"text": ["One", "Two"]}), file)
    assert list(DocumentFile("a.parquet").read(file)) == ["One", "Two"]
