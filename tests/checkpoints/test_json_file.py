import pytest

from kerabert.checkpoints.json_file import dump_json, parse_json, parse_json_list


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Expecting value"),
        (b'{"a": 1', "delimiter"),
        (b'{"a": 1} {}', "Extra data"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "'c' occurs twice"),
        (b'{"a": NaN}', "not finite"),
        (b'{"a": -Infinity}', "not finite"),
        (b'{"a": 1e999}', "not finite"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b"[" * 100_000, "recursion"),
        (b'{"a": "\xff"}', "utf-8"),
        (b'{"a": "\\ud800"}', "surrogates"),
        (b"\xef\xbb\xbf{}", "BOM"),
        ('{"a": 1}'.encode("utf-16"), "utf-8"),
        (b"[]", "list"),
        (b"1", "int"),
    ],
)
def test_what_is_not_one_clean_object_is_refused(data, reason):
    with pytest.raises(ValueError, match=r"here/config\.json") as error:
        parse_json(data, "here/config.json")
    assert reason in str(error.value)


def test_a_large_file_is_refused(monkeypatch):
    monkeypatch.setattr("kerabert.checkpoints.json_file.MAX_BYTES", 10)
    with pytest.raises(ValueError, match="more than 10"):
        parse_json(b'{"a": "long enough"}', "config.json")


def test_round_trip():
    content = {"b": [1, 2.5, None, True], "a": {"ü": "Zürich \U0001f600"}}
    assert parse_json(dump_json(content), "x") == content
    assert list(parse_json(dump_json(content), "x")) == ["b", "a"]


def test_arrays():
    content = [{"type": "a"}, {"type": "ü"}]
    assert parse_json_list(dump_json(content), "x") == content
    with pytest.raises(ValueError, match=r"here/modules\.json: must hold a JSON array. .* dict"):
        parse_json_list(b"{}", "here/modules.json")
    with pytest.raises(ValueError, match="occurs twice"):
        parse_json_list(b'[{"a": 1, "a": 2}]', "x")
