import json

import pytest

from kerabert.checkpoints.google.tokenizer import read_google_tokenizer
from kerabert.checkpoints.preset import load_preset
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.text.tokenizer import BertTokenizer
from tests.checks import MINILM, needs_minilm
from tests.tiny import VOCABULARY


def write(directory, *more):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "vocab.txt").write_text("\n".join([*VOCABULARY, *more]) + "\n")


def read(directory, **overrides):
    return read_google_tokenizer(PresetFiles(directory), overrides)


@pytest.mark.parametrize(
    ("pieces", "lowercase"),
    [
        ([], True),
        (["[unused0]", "[SPECIAL]"], True),
        (["中", "ß", "ı", "##éa", "2", "[x"], True),
        (["Film"], False),
        (["##S"], False),
        (["É"], False),
        (["[X"], False),
    ],
)
def test_the_vocabulary_decides(tmp_path, pieces, lowercase):
    write(tmp_path, *pieces)
    assert read(tmp_path).lowercase == lowercase
    assert read(tmp_path, lowercase=not lowercase).lowercase != lowercase


@needs_minilm
def test_the_english_vocabulary_of_lower_case_words(tmp_path):
    (tmp_path / "vocab.txt").write_bytes((MINILM / "vocab.txt").read_bytes())
    assert read(tmp_path).lowercase


def test_files_that_say_so_come_first(tmp_path):
    write(tmp_path)
    (tmp_path / "bleurt_config.json").write_text(json.dumps({"do_lower_case": False}))
    assert not read(tmp_path).lowercase
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    assert read(tmp_path).lowercase
    assert not read(tmp_path, lowercase=False).lowercase
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 512}))
    assert not read(tmp_path).lowercase
    (tmp_path / "bleurt_config.json").write_text(json.dumps({"do_lower_case": None}))
    assert read(tmp_path).lowercase


def test_among_the_assets_of_a_saved_model(tmp_path):
    write(tmp_path / "assets", "Film")
    tokenizer = read(tmp_path)
    assert tokenizer.vocabulary[-1] == "Film" and not tokenizer.lowercase
    write(tmp_path)
    assert read(tmp_path).vocabulary[-1] != "Film"


def test_a_missing_or_damaged_vocabulary_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"vocab\.txt: the file must exist"):
        read(tmp_path)
    (tmp_path / "vocab.txt").write_bytes(b"[PAD]\n\xff\n")
    with pytest.raises(ValueError, match=r"vocab\.txt: must be UTF-8"):
        read(tmp_path)
    (tmp_path / "vocab.txt").write_text("a\nb\n")
    with pytest.raises(ValueError, match=r"vocab\.txt: "):
        read(tmp_path)


def test_a_tokenizer_of_a_checkpoint(tmp_path):
    write(tmp_path)
    (tmp_path / "bert_config.json").write_text("{}")
    assert load_preset(BertTokenizer, tmp_path).tokenize("Good") == ["good"]
    assert not load_preset(BertTokenizer, tmp_path, lowercase=False).lowercase
