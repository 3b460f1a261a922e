import gzip

import pytest

from kerabert.datasets.text_file import read_text


def test_reads(tmp_path):
    (tmp_path / "a.tsv").write_bytes("\ufeffé\r\n".encode())
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress("é\n".encode()))
    assert read_text(tmp_path / "a.tsv") == "é\r\n"
    assert read_text(tmp_path / "a.tsv.gz") == "é\n"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"a\n\xff", "must be UTF-8.* in line 2"),
        ("a.gz", b"not gzip", "must be readable"),
        ("a.gz", gzip.compress(b"abc" * 99, mtime=0)[:-20], "must be readable"),
        ("a.gz", gzip.compress(b"abc" * 99, mtime=0)[:10] + b"\xff" * 20, "must be readable"),
        ("a.txt", None, "must be readable"),
    ],
)
def test_bad_files(tmp_path, name, data, message):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=message) as error:
        read_text(tmp_path / name)
    assert str(tmp_path / name) in str(error.value)
