"""KerasHub's tokenizers: the same settings on both sides, the same ids where the rules agree."""

import itertools
import json

import pytest

from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.text.tokenizer import BertTokenizer
from tests.checkpoints.keras_hub_presets import edit_config, hub, make_plain
from tests.checkpoints.presets import VOCABULARY, make_tokenizer

PIECES = [*VOCABULARY, "cafe", "café", "Café", "CAF", "##É", "##E", "##e", "日", "本", "##本", "["]
PIECES += ["]", "mask", "MASK", "un", "##k", "UNK", "it's", "'", "s", "1", "##2"]
TEXTS = [
    "good film , very bad",
    "Café café CAFÉ cafe 日本 12 it's",
    "[MASK] good [UNK] [mask] [CLS]",
    "\tgood\n\n film.awfuls  \u200d",
    "",
]


def ids(tokenizer, text):
    return [int(id) for id in tokenizer(text)]


@pytest.mark.parametrize(
    ("lowercase", "strip_accents", "split_cjk", "special_tokens_in_strings"),
    itertools.product((True, False), (True, False, None), (True, False), (True, False)),
)
def test_ours_in_keras_hub(
    tmp_path, lowercase, strip_accents, split_cjk, special_tokens_in_strings
):
    hub()
    from keras.saving import deserialize_keras_object

    settings = {"lowercase": lowercase, "strip_accents": strip_accents}
    settings |= {"split_cjk": split_cjk, "special_tokens_in_strings": special_tokens_in_strings}
    ours = BertTokenizer(PIECES, **settings)
    save_preset(ours, tmp_path / "preset", format="keras_hub")
    content = json.loads((tmp_path / "preset/tokenizer.json").read_text())
    theirs = deserialize_keras_object(content)
    theirs.load_preset_assets(str(tmp_path / "preset"))
    assert theirs.get_vocabulary() == ours.vocabulary
    for text in TEXTS:
        assert ids(theirs, text) == ours(text), text
    again = load_preset(BertTokenizer, tmp_path / "preset")
    assert again.get_config() == ours.get_config()
    plain = load_preset(BertTokenizer, make_plain(tmp_path / "preset", tmp_path / "plain"))
    assert [plain(text) for text in TEXTS] == [ours(text) for text in TEXTS]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"lowercase": True},
        {"lowercase": True, "strip_accents": True},
        {"special_tokens_in_strings": True, "special_tokens": ["[UNK]"]},
        {"oov_token": "mask"},
    ],
)
def test_theirs(tmp_path, settings):
    theirs = hub().models.BertTokenizer(PIECES, **settings)
    theirs.save_to_preset(str(tmp_path))
    ours = load_preset(BertTokenizer, tmp_path)
    assert ours.vocabulary == PIECES
    for text in TEXTS:
        assert ours(text) == ids(theirs, text), text
    overridden = load_preset(BertTokenizer, tmp_path, lowercase=True, strip_accents=True)
    assert overridden("CAFÉ") == [PIECES.index("cafe")]


@pytest.fixture
def plain(tmp_path):
    save_preset(make_tokenizer(), tmp_path / "preset", format="keras_hub")
    return make_plain(tmp_path / "preset", tmp_path / "plain")


def test_older_places_of_the_vocabulary(plain):
    (plain / "assets/tokenizer/vocabulary.txt").rename(plain / "assets/vocabulary.txt")
    (plain / "assets/tokenizer").rmdir()
    assert load_preset(BertTokenizer, plain).vocabulary == VOCABULARY


def test_older_names(plain):
    content = json.loads((plain / "tokenizer.json").read_text())
    content |= {"registered_name": "keras_nlp>BertTokenizer", "weights": None}
    content |= {"assets": ["assets/tokenizer/vocabulary.txt"]}
    for key in ("special_tokens", "special_tokens_in_strings", "config_file", "dtype"):
        del content["config"][key]
    (plain / "tokenizer.json").write_text(json.dumps(content))
    assert (
        load_preset(BertTokenizer, plain).get_config()
        == make_tokenizer(strip_accents=True).get_config()
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("split", False),
        ("suffix_indicator", "@@"),
        ("sequence_length", 8),
        ("vocabulary", ["a"]),
        ("lowercase", "yes"),
        ("strip_accents", None),
        ("oov_token", None),
        ("oov_token", ""),
        ("byte_pairs", True),
    ],
)
def test_other_tokenizers_are_refused(plain, key, value):
    edit_config(plain / "tokenizer.json", **{key: value})
    with pytest.raises(ValueError, match=rf"tokenizer\.json: .*{key}"):
        load_preset(BertTokenizer, plain)


def test_special_tokens_of_others(plain):
    edit_config(plain / "tokenizer.json", special_tokens=["<s>"])
    load_preset(BertTokenizer, plain)  # they are looked for in strings only if that is asked for
    edit_config(plain / "tokenizer.json", special_tokens_in_strings=True)
    with pytest.raises(ValueError, match=r"tokenizer\.json: `special_tokens` must be among"):
        load_preset(BertTokenizer, plain)


def test_other_classes_are_refused(plain):
    path = plain / "tokenizer.json"
    content = json.loads(path.read_text())
    for name in ("keras_hub>GPT2Tokenizer", "mine>BertTokenizer", 3):
        path.write_text(json.dumps(content | {"registered_name": name}))
        with pytest.raises(ValueError, match=r"tokenizer\.json: `registered_name` must be"):
            load_preset(BertTokenizer, plain)


def test_a_damaged_vocabulary(plain):
    path = plain / "assets/tokenizer/vocabulary.txt"
    for data, match in ((b"\xff\n", "must be UTF-8"), (b"a\na\n", "twice|once"), (b"", "")):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=rf"vocabulary\.txt: .*({match})"):
            load_preset(BertTokenizer, plain)
    path.unlink()
    with pytest.raises(ValueError, match=r"vocabulary\.txt: the file must exist"):
        load_preset(BertTokenizer, plain)


@pytest.mark.parametrize("piece", ["\u3000", "good\u2028", "a\u00a0", "bad\r"])
def test_pieces_that_keras_hub_would_cut(tmp_path, piece):
    try:
        tokenizer = BertTokenizer([*VOCABULARY, piece])
    except ValueError:  # ours does not take it either
        return
    with pytest.raises(ValueError, match="ends in white space"):
        save_preset(tokenizer, tmp_path / "preset", format="keras_hub")


@pytest.mark.parametrize(
    "name", ["padding_token", "start_token", "separator_token", "mask_token", "unknown_token"]
)
def test_other_special_tokens(tmp_path, name):
    tokenizer = BertTokenizer([*VOCABULARY, "<x>"], **{name: "<x>"})
    if name == "unknown_token":
        save_preset(tokenizer, tmp_path, format="keras_hub")
        assert load_preset(BertTokenizer, tmp_path).get_config() == tokenizer.get_config()
        return
    with pytest.raises(ValueError, match=rf"cannot hold a tokenizer whose `{name}` is not"):
        save_preset(tokenizer, tmp_path / "preset", format="keras_hub")
    assert not (tmp_path / "preset").exists()
