import gzip
import json

import pytest

from kerabert.datasets import read_json_lines
from tests.checks import SHARED_DATA, needs_shared_data


def write(tmp_path, text, name="file.jsonl"):
    path = tmp_path / name
    data = text.encode("utf-8")
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def test_reads(tmp_path):
    rows = [
        {"words": ["a", "b"], "text": "A\u2028b", "label": 1, "more": {}},
        {"text": "", "words": [], "label": 2.5},
    ]
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\r\n"
    for name in ("file.jsonl", "file.jsonl.gz"):
        path = write(tmp_path, text, name)
        assert read_json_lines(path, "text") == (["A\u2028b", ""], [1, 2.5])
        assert read_json_lines(path, ["text", "words"], None) == (
            (["A\u2028b", ""], [["a", "b"], []]),
            None,
        )
        assert read_json_lines(path, "text", "words")[1] == [["a", "b"], []]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"text": "a", "label": 1}\n\n{"text"', "row 1, line 3 must be JSON"),
        ("[1]", "row 0, line 1 must be a JSON object"),
        ('{"text": "a", "label": 1}\n{"text": "b"}', "row 1, line 2: column 'label' must be there"),
        ('{"text": 5, "label": 1}', "row 0, line 1: column 'text' must be a list of strings"),
        ('{"text": "a", "label": null}', "row 0, line 1: column 'label' must be a string, a num"),
        ('{"text": "a"}', r"one of \['text'\].* Received: 'label'"),
        ("[" * 100000, "must be JSON"),
        ("\n", "at least one row"),
    ],
)
def test_bad_files(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=message) as error:
        read_json_lines(path)
    assert str(path) in str(error.value)


@needs_shared_data
def test_real_files():
    """The numbers that the data's own description states."""
    folder = SHARED_DATA / "comve_multiple_choice"
    (premises, choices), labels = read_json_lines(folder / "dev.jsonl", ["premise", "choices"])
    assert len(premises) == len(choices) == 997 and labels.count(0) == 344
    assert {len(row) for row in choices} == {3}
