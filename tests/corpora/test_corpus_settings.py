import json

import pytest

from kerabert.corpora.cleaning_steps import LengthFilter
from kerabert.corpora.corpus_settings import (
    claim_directory,
    compare_settings,
    describe_settings,
    name_function,
)
from kerabert.corpora.sentences import split_sentences
from tests.tiny import make_tokenizer


def describe(**others):
    return describe_settings(make_tokenizer(), split_sentences, **others)


def test_what_is_described():
    settings = describe(size=3)
    assert settings["split"] == "kerabert.corpora.sentences.split_sentences"
    assert settings["size"] == 3 and len(settings["vocabulary_sha256"]) == 64
    assert name_function(LengthFilter()) == "kerabert.corpora.cleaning_steps.LengthFilter"


def test_the_same_settings_claim_again_and_others_do_not(tmp_path):
    claim_directory(tmp_path, describe(size=3))
    claim_directory(tmp_path, describe(size=3))
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.json"]
    with pytest.raises(ValueError, match=r"corpus\.json: `size` must be .* 4, .* Received: 3"):
        claim_directory(tmp_path, describe(size=4))
    with pytest.raises(ValueError, match=r"`number` must be .* Received: None"):
        claim_directory(tmp_path, describe(number=4))


def test_shards_that_nobody_described(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"")
    with pytest.raises(ValueError, match="must be new, empty or of an earlier run"):
        claim_directory(tmp_path, describe())


@pytest.mark.parametrize("text", ["", "{", "[1]", json.dumps("x")])
def test_broken_files(text):
    with pytest.raises(ValueError, match=r"gs://b/corpus\.json: must hold"):
        compare_settings("gs://b/corpus.json", text, describe())
