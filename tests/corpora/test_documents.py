import bz2
import gzip
import json
import lzma
import tracemalloc

import pytest

from kerabert.corpora.documents import Document, DocumentReader, check_documents

TEXT = "One.\nTwo.\n\n\nThree.\r\nFour.\n \nFünf 他"
DOCUMENTS = ["One.\nTwo.", "Three.\nFour.", "Fünf 他"]


def texts(path, **kwargs):
    return [document.text for document in DocumentReader(path, **kwargs)]


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)],
)
def test_plain_text(tmp_path, suffix, compress):
    path = tmp_path / f"book.txt{suffix}"
    path.write_bytes(compress(TEXT.encode()))
    assert texts(path) == DOCUMENTS
    assert [document.name for document in DocumentReader(path)][1] == f"book.txt{suffix}:1"
    whole = texts(path, file_is_document=True)
    assert len(whole) == 1 and whole[0].startswith("One.\nTwo.\n\n\nThree.")


def test_json_lines(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [json.dumps({"text": "One"}), "", "{broken", "[1]", json.dumps({"text": 3}), "9" * 5000]
    path.write_text("\n".join([*rows, json.dumps({"text": "\ud800x", "id": 1})]))
    reader = DocumentReader(path)
    assert [document.text for document in reader] == ["One", "?x"]
    assert reader.skipped["line of broken JSON"] >= 1
    assert sum(reader.skipped.values()) == 4
    assert texts(path, text_key="id") == []


def test_parquet(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"body": ["One", None, " ", "Two"]}), path)
    reader = DocumentReader(path, text_key="body")
    assert [document.text for document in reader] == ["One", "Two"]
    assert reader.skipped == {"row without a string": 1, "empty document": 1}
    with pytest.raises(ValueError, match=r"a\.parquet: must have the column 'text'"):
        texts(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"a\.parquet"):
        texts(path, text_key="body")


DUMP = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/">
<siteinfo><sitename>W</sitename></siteinfo>
<page><title>A</title><ns>0</ns><revision>
<text>'''Bold''' and a [[link|word]].{{x}}</text></revision></page>
<page><title>Talk:A</title><ns>1</ns><revision><text>Talk</text></revision></page>
<page><title>R</title><ns>0</ns><redirect title="A"/>
<revision><text>#REDIRECT</text></revision></page>
<page><title>B</title><ns>0</ns><revision><text>Second.</text></revision></page>
</mediawiki>"""


def test_a_wiki_dump(tmp_path):
    pytest.importorskip("mwparserfromhell")
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(bz2.compress(DUMP.encode()))
    reader = DocumentReader(path)
    assert [document.text for document in reader] == ["Bold and a word.", "Second."]
    assert reader.skipped == {"page that is no article": 2}
    (tmp_path / "cut.xml").write_text(DUMP[:-40])
    with pytest.raises(ValueError, match=r"cut\.xml: broken XML"):
        texts(tmp_path / "cut.xml")


def test_a_folder(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "one.txt").write_text("First")
    (tmp_path / "a.jsonl").write_text('{"text": "Second"}')
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    reader = DocumentReader(tmp_path)
    assert [tuple(document) for document in reader] == [
        ("a.jsonl:0", "Second"),
        ("b/one.txt:0", "First"),
    ]
    assert reader.skipped == {"file of another kind": 1}


def test_broken_utf8_costs_its_document_only(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"good one\n\nbad \xff\nstill bad\n\ngood two\n")
    reader = DocumentReader(path)
    assert [document.text for document in reader] == ["good one", "good two"]
    assert reader.skipped == {"document of broken UTF-8": 1}


def test_a_binary_file_is_skipped(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"ELF\0\0\x01\n" * 10)
    (tmp_path / "b.txt").write_text("good")
    reader = DocumentReader(tmp_path)
    assert [document.text for document in reader] == ["good"]
    assert reader.skipped == {"binary file": 1}


def test_a_line_that_is_too_long(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("good one\n\n" + "x" * 5000 + "\n\ngood two\n" + "y" * 1000)
    reader = DocumentReader(path, most_line_bytes=1000)
    assert [document.text for document in reader] == ["good one", "good two\n" + "y" * 1000]
    assert reader.skipped == {"line that is too long": 1}


def test_damage_is_named(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(TEXT.encode() * 1000)[:-30])
    with pytest.raises(ValueError, match=r"a\.txt\.gz: the file is cut off or damaged"):
        texts(path)


def test_bad_paths(tmp_path):
    with pytest.raises(ValueError, match="must be a file or a folder"):
        DocumentReader(tmp_path / "missing")
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(ValueError, match="1 files, none of them"):
        DocumentReader(tmp_path)


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.txt.gz"])
def test_a_line_of_a_hundred_megabytes(tmp_path, name):
    """It is skipped, and never held as a whole."""
    after = '{"text": "good"}' if name == "a.jsonl" else "\n\ngood"
    with (gzip.open if name.endswith(".gz") else open)(tmp_path / name, "wb") as file:
        for _ in range(100):
            file.write(b"x" * 2**20)
        file.write(f"\n{after}\n".encode())
    reader = DocumentReader(tmp_path / name)
    tracemalloc.start()
    assert [document.text for document in reader] == ["good"]
    assert tracemalloc.get_traced_memory()[1] < 60 * 2**20
    tracemalloc.stop()
    assert reader.skipped == {"line that is too long": 1}


def test_a_parquet_text_that_is_too_long(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": ["good", "x" * 2000]}), tmp_path / "a.parquet")
    reader = DocumentReader(tmp_path / "a.parquet", most_line_bytes=1000)
    assert [document.text for document in reader] == ["good"]
    assert reader.skipped == {"row that is too long": 1}


BINARY = bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.txt.gz", r"a\.txt\.gz: the file is cut off or damaged"),
        ("a.txt.xz", r"a\.txt\.xz: the file is cut off or damaged"),
        ("a.txt.bz2", r"a\.txt\.bz2: the file is cut off or damaged"),
        ("a.parquet", r"a\.parquet: the file is damaged"),
        ("a.xml", r"a\.xml: broken XML"),
    ],
)
def test_a_binary_file_that_says_it_is_another(tmp_path, name, message):
    pytest.importorskip("pyarrow")
    pytest.importorskip("mwparserfromhell")
    (tmp_path / name).write_bytes(BINARY)
    with pytest.raises(ValueError, match=message):
        texts(tmp_path / name)


@pytest.mark.parametrize(
    "data", [BINARY, b"\xff\xfe" + "text\n".encode("utf-16-le") * 9, b"\xe9" * 99]
)
def test_a_binary_file_is_counted(tmp_path, data):
    for name in ("a.txt", "b.jsonl"):
        (tmp_path / name).write_bytes(data)
    reader = DocumentReader(tmp_path)
    assert list(reader) == [] and sum(reader.skipped.values()) > 1


def test_a_file_that_vanished(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("good")
    reader = DocumentReader(tmp_path)
    (tmp_path / "b.txt").unlink()
    with pytest.raises(ValueError, match=r"b\.txt: the file cannot be read"):
        list(reader)
    assert reader.share_read <= 1


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ("texts/", "Received: 'texts/' of type str"),
        (None, "Received: None"),
        (["One."], "number 0 is 'One.' of type str"),
        ([Document("a", "One."), Document("b", None)], "number 1 is Document"),
    ],
)
def test_what_is_no_document_is_refused(documents, message):
    with pytest.raises(ValueError, match=message):
        list(check_documents(documents))
