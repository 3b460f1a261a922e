import json

import pytest

from kerabert.checkpoints.manifest import _checksum
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.text.tokenizer import BertTokenizer
from tests.checkpoints.presets import SENTENCES, VOCABULARY, edit_json, make_tokenizer


@pytest.fixture
def plain(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    config = {"tokenizer_class": "BertTokenizer", "do_lower_case": True}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    return tmp_path


def test_round_trip(tmp_path):
    tokenizer = make_tokenizer(
        lowercase=False,
        strip_accents=True,
        split_cjk=False,
        special_tokens_in_strings=True,
        memory_size=77,
        mask_token="very",
    )
    save_preset(tokenizer, tmp_path / "preset")
    loaded = load_preset(BertTokenizer, tmp_path / "preset")
    assert loaded.get_config() == tokenizer.get_config()
    assert load_preset(BertTokenizer, tmp_path / "preset", lowercase=True).lowercase is True


def test_a_subclass_and_an_unknown_argument(plain):
    mine = type("Mine", (BertTokenizer,), {})
    assert type(load_preset(mine, plain)) is mine
    with pytest.raises(TypeError, match="lower_case"):
        load_preset(BertTokenizer, plain, lower_case=True)


def test_unknown_settings_are_refused_by_file(tmp_path):
    save_preset(make_tokenizer(), tmp_path / "preset")
    path = tmp_path / "preset" / "kerabert.json"
    content = json.loads(path.read_text()) | {"tokenizer": {"vocabulary": ["a"]}}
    edit_json(path, **(content | {"checksum": _checksum(content)}))
    with pytest.raises(ValueError, match=r"kerabert\.json: `tokenizer` must hold arguments"):
        load_preset(BertTokenizer, tmp_path / "preset")


def test_a_plain_directory(plain):
    assert load_preset(BertTokenizer, plain).get_config() == make_tokenizer().get_config()
    (plain / "tokenizer_config.json").unlink()
    assert load_preset(BertTokenizer, plain).get_config() == make_tokenizer().get_config()


def test_lines_may_end_as_on_windows_or_not_at_all(plain):
    (plain / "vocab.txt").write_bytes("\r\n".join(VOCABULARY).encode())
    assert load_preset(BertTokenizer, plain).vocabulary == VOCABULARY


def test_every_rule_is_honoured(plain):
    edit_json(
        plain / "tokenizer_config.json",
        do_lower_case=False,
        strip_accents=True,
        tokenize_chinese_chars=False,
        mask_token={"content": "very", "lstrip": True},
        never_split=None,
        tokenizer_class="BertTokenizerFast",
    )
    tokens = {"mask_token": "bad", "sep_token": "good"}
    (plain / "special_tokens_map.json").write_text(json.dumps(tokens))
    tokenizer = load_preset(BertTokenizer, plain)
    assert (tokenizer.lowercase, tokenizer.strip_accents, tokenizer.split_cjk) == (
        False,
        True,
        False,
    )
    assert (tokenizer.mask_token, tokenizer.separator_token) == ("very", "good")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("do_lower_case", "yes"),
        ("do_lower_case", 1),
        ("do_lower_case", None),
        ("strip_accents", 0),
        ("tokenize_chinese_chars", None),
        ("cls_token", 3),
        ("cls_token", ""),
        ("cls_token", {"content": 3}),
        ("tokenizer_class", "RobertaTokenizer"),
        ("tokenizer_class", ["BertTokenizer"]),
        ("do_basic_tokenize", False),
        ("never_split", ["a"]),
        ("added_tokens_decoder", {"99": {"content": "<e1>"}}),
        ("added_tokens_decoder", {"4": {"content": "<e1>"}}),
        ("added_tokens_decoder", {"x": {"content": "<e1>"}}),
        ("added_tokens_decoder", [1]),
    ],
)
def test_a_bad_value_is_refused_by_file_and_key(plain, key, value):
    edit_json(plain / "tokenizer_config.json", **{key: value})
    with pytest.raises(ValueError, match=rf"tokenizer_config\.json: `{key}`"):
        load_preset(BertTokenizer, plain)


@pytest.mark.parametrize(
    "data",
    [b"", b"a\na\n", b"[PAD]\n\n[UNK]\n", b"a\nb\n", b"\xff\n", "\n".join(VOCABULARY[1:]).encode()],
)
def test_a_bad_vocabulary_is_refused_by_file(plain, data):
    (plain / "vocab.txt").write_bytes(data)
    with pytest.raises(ValueError, match=r"vocab\.txt: "):
        load_preset(BertTokenizer, plain)


def test_no_vocabulary(plain):
    (plain / "vocab.txt").unlink()
    with pytest.raises(ValueError, match=r"vocab\.txt: the file must exist"):
        load_preset(BertTokenizer, plain)


def test_what_transformers_saves_is_read(plain, tmp_path):
    """Its version 5 writes tokenizer.json in place of vocab.txt."""
    import transformers

    theirs = transformers.AutoTokenizer.from_pretrained(plain)
    theirs.save_pretrained(tmp_path / "saved")
    ours = load_preset(BertTokenizer, tmp_path / "saved")
    assert ours.vocabulary == VOCABULARY
    assert ours(SENTENCES) == theirs(SENTENCES, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(
    "model",
    [None, [], {"type": "BPE"}, {"vocab": []}, {"vocab": {"a": 0, "b": 2}}, {"vocab": {"a": "0"}}],
)
def test_a_bad_tokenizer_json_is_refused(plain, model):
    (plain / "vocab.txt").unlink()
    (plain / "tokenizer.json").write_text(json.dumps({"model": model}))
    with pytest.raises(ValueError, match=r"tokenizer\.json: "):
        load_preset(BertTokenizer, plain)
