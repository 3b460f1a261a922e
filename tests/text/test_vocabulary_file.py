"""Vocabularies: read, checked, written."""

from pathlib import Path

import pytest

from kerabert.text import vocabulary_file
from tests.text.tokenizer_data import SPECIAL, TINY


def test_round_trip(tmp_path: Path):
    path = tmp_path / "vocab.txt"
    pieces = [*TINY, "\u2028", "a\x85b", "\x0b", " x", "é"]
    vocabulary_file.write_vocabulary(pieces, path)
    assert path.read_bytes() == "".join(piece + "\n" for piece in pieces).encode()
    assert vocabulary_file.read_vocabulary(path) == pieces
    assert vocabulary_file.read_vocabulary(str(path)) == pieces


@pytest.mark.parametrize("content", [b"a\nb", b"a\nb\n", b"a\r\nb\r\n", b"a\r\nb", b"a\nb\r\n"])
def test_line_ends(tmp_path: Path, content: bytes):
    path = tmp_path / "vocab.txt"
    path.write_bytes(content)
    assert vocabulary_file.read_vocabulary(path) == ["a", "b"]


@pytest.mark.parametrize(
    "content, message",
    [
        (b"a\nb\na\n", r"each piece once.*'a' at line 1 and at line 3"),
        (b"a\n\nb\n", r"no blank piece.*'' at line 2"),
        (b"a\n \t\nb\n", r"no blank piece.*line 2"),
        (b"a\nb\n\n", r"no blank piece.*'' at line 3"),
        (b"a\r\n\r\nb", r"no blank piece.*'' at line 2"),
        (b"a\nb\xff\n", r"must be UTF-8.*offset 3 \(line 2\)"),
        (b"a\n\xed\xa0\x80\n", r"must be UTF-8.*offset 2 \(line 2\)"),
        (b"\xef\xbb\xbfa\n", r"without a byte order mark"),
        (b"a\nb\rc\n", r"no.* line break.*'b\\rc' at line 2"),
        (b"", r"at least one piece"),
    ],
)
def test_faults_of_a_file_are_named(tmp_path: Path, content: bytes, message: str):
    path = tmp_path / "vocab.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        vocabulary_file.read_vocabulary(path)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    for path in (tmp_path / "missing.txt", tmp_path):
        with pytest.raises(ValueError, match="cannot be read") as caught:
            vocabulary_file.read_vocabulary(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "pieces, message",
    [
        (["a", "b", "a"], r"'a' at index 0 and at index 2"),
        (["a", ""], r"blank piece.*index 1"),
        (["a", None], r"strings only.*None of type NoneType at index 1"),
        ([b"a"], r"strings only.*bytes at index 0"),
        (["a\nb"], r"line break.*index 0"),
        (["a", "\ud800"], r"surrogate.*index 1"),
        ([], r"at least one piece"),
        (None, r"must be a path or a list of strings.*None"),
        (b"vocab.txt", r"must be a path or a list of strings"),
        ({"a": 0}, r"must be a path or a list of strings"),
    ],
)
def test_faults_of_a_list_are_named(pieces: object, message: str):
    with pytest.raises(ValueError, match=message):
        vocabulary_file.load_vocabulary(pieces)


def test_special_tokens_are_checked():
    vocabulary_file.check_special_tokens(SPECIAL, SPECIAL, "list")
    with pytest.raises(ValueError, match=r"Missing: '\[CLS\]', '\[MASK\]'\."):
        vocabulary_file.check_special_tokens(["[CLS]", "[PAD]", "[MASK]"], {"[PAD]"}, "list")
    with pytest.raises(ValueError, match=r"no white space.*'a b'"):
        vocabulary_file.check_special_tokens(["a b"], {"a b"}, "list")
