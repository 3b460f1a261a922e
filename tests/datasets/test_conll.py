import gzip

import pytest

from kerabert.datasets import read_conll
from kerabert.text.tags import find_fault, find_scheme, read_spans
from tests.checks import SHARED_DATA, needs_shared_data


def write(tmp_path, text, name="file.conll"):
    path = tmp_path / name
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def test_reads(tmp_path):
    text = "-DOCSTART- -X- O\n\nEU NNP B-ORG\r\n rejects  VBZ  O\n\n \t\n-DOCSTART- O\n"
    text += "A\u00a0b\tx y\tO\n"
    for name in ("file.conll", "file.conll.gz"):
        words, tags = read_conll(write(tmp_path, text, name))
        assert words == [["EU", "rejects"], ["A\u00a0b"]]
        assert tags == [["B-ORG", "O"], ["O"]]
    assert read_conll(write(tmp_path, text), tag_column=1)[1] == [["NNP", "VBZ"], ["x y"]]
    assert read_conll(write(tmp_path, "\ufeffO\ta"), word_column=1, tag_column=0) == (
        [["a"]],
        [["O"]],
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a O\nb\n", r"line 2 must have a word .* Received: 'b'"),
        ("a O\n\tO\n", r"line 2 must have a word .* Received: '\\tO'"),
        ("\n\n-DOCSTART- O\n", "at least one sentence"),
        (b"a O\n\xff O\n", "must be UTF-8.* in line 2"),
    ],
)
def test_bad_files(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as error:
        read_conll(write(tmp_path, text))
    assert str(tmp_path / "file.conll") in str(error.value)


def test_bad_paths(tmp_path):
    with pytest.raises(ValueError, match="must be readable"):
        read_conll(tmp_path / "none.conll")
    (tmp_path / "a.gz").write_bytes(b"not gzip")
    with pytest.raises(ValueError, match="must be readable"):
        read_conll(tmp_path / "a.gz")
    with pytest.raises(ValueError, match="tag in column 3"):
        read_conll(write(tmp_path, "a O\n"), tag_column=3)


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "sentences", "entities"),
    [
        ("ner_wnut17/dev.conll", 1009, 470 + 114 + 105 + 74 + 39 + 34),
        ("ner_ncbi_disease/train.conll.gz", 5424, 5134),
        ("ner_resume_zh/test.conll", 477, 772 + 553 + 112 + 112 + 33 + 28 + 14 + 6),
    ],
)
def test_real_files(name, sentences, entities):
    """The numbers of sentences and entities that the data's own description states."""
    words, tags = read_conll(SHARED_DATA / name)
    assert len(words) == len(tags) == sentences
    assert sum(len(read_spans(row)) for row in tags) == entities
    assert find_scheme(tag for row in tags for tag in row) == "IOB2"
    assert all(find_fault(row, "IOB2") is None for row in tags)
