"""An embedder goes to sentence-transformers and comes back: the same vectors, prompts, lengths."""

import json
import shutil

import numpy as np
import pytest

from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.backbone import BertBackbone
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.models.text_embedder import BertTextEmbedder
from kerabert.text.tokenizer import BertTokenizer
from tests.checkpoints.presets import (
    VOCABULARY,
    are_equal,
    edit_json,
    make_backbone,
    make_plain,
    make_tokenizer,
    randomize,
    read_tensors,
)

TEXTS = ["good film", "Awfuls greatly", "it was very not bad . " * 6, "."]
PROMPTS = {"query": "very good ", "passage": "Awful", "none": ""}
LENGTH = 12  # cuts one of the texts


def make_embedder(**kwargs):
    settings = {"tokenizer": make_tokenizer(), "sequence_length": LENGTH} | kwargs
    return randomize(BertTextEmbedder(make_backbone(), **settings))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_plain_embedder(tmp_path_factory.mktemp("embedder"))


@pytest.fixture
def plain(written, tmp_path):
    return shutil.copytree(written, tmp_path / "plain")


def write_plain_embedder(folder):
    """Write an embedder's directory without kerabert.json, as others leave it."""
    ours = make_embedder(tokenizer=make_tokenizer(lowercase=False), pooling="cls", prompts=PROMPTS)
    save_preset(ours, folder / "preset")
    return make_plain(folder / "preset", folder / "plain")


def open_theirs(directory):
    import sentence_transformers

    return sentence_transformers.SentenceTransformer(str(directory), device="cpu")


def make_theirs(directory, pooling="mean", normalize=True, **kwargs):
    """A small model of sentence-transformers, saved as its version of today saves it."""
    import sentence_transformers
    import torch
    import transformers

    sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}
    sizes |= {"intermediate_size": 16, "max_position_embeddings": 24}
    config = transformers.BertConfig(vocab_size=len(VOCABULARY), **sizes)
    torch.manual_seed(0)
    model = transformers.BertModel(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(directory / "bert")
    ids = dict(zip(VOCABULARY, range(len(VOCABULARY)), strict=True))
    transformers.BertTokenizer(vocab=ids).save_pretrained(directory / "bert")

    models = sentence_transformers.models
    modules = [models.Transformer(str(directory / "bert"), max_seq_length=LENGTH)]
    modules.append(models.Pooling(8, pooling_mode=pooling))
    modules.extend([models.Normalize()] if normalize else [])
    theirs = sentence_transformers.SentenceTransformer(modules=modules, device="cpu", **kwargs)
    theirs.save(str(directory / "theirs"))
    return theirs


def difference(ours, theirs, name=None):
    vectors = theirs.encode(TEXTS, prompt_name=name)
    return float(np.abs(ours.embed(TEXTS, prompt=name) - vectors).max())


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
@pytest.mark.parametrize("normalize", [True, False])
def test_a_saved_embedder_opens_there(tmp_path, pooling, normalize):
    ours = make_embedder(
        pooling=pooling,
        normalize=normalize,
        prompts=PROMPTS,
        default_prompt="query",
        similarity_function="euclidean",
    )
    save_preset(ours, tmp_path / "preset")
    theirs = open_theirs(tmp_path / "preset")
    assert theirs.max_seq_length == LENGTH
    assert theirs.prompts.items() >= PROMPTS.items() and theirs.default_prompt_name == "query"
    assert theirs.similarity_fn_name == "euclidean"
    assert difference(ours, theirs) < 1e-5
    for name in PROMPTS:
        assert difference(ours, theirs, name) < 1e-5
    # The prompt of a call without a name is the default one.
    assert np.abs(ours.embed(TEXTS) - ours.embed(TEXTS, prompt="none")).max() > 1e-3


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
@pytest.mark.parametrize("normalize", [True, False])
def test_a_directory_written_there_opens_here_and_goes_back(tmp_path, pooling, normalize):
    settings = {"default_prompt_name": "passage", "similarity_fn_name": "dot"}
    theirs = make_theirs(tmp_path, pooling, normalize, prompts=PROMPTS, **settings)
    ours = load_preset(BertTextEmbedder, tmp_path / "theirs")
    assert ours.head_config() == {
        "pooling": pooling,
        "normalize": normalize,
        "prompts": theirs.prompts,
        "default_prompt": "passage",
        "similarity_function": "dot",
        "sequence_length": LENGTH,
    }
    assert difference(ours, theirs) < 1e-5
    assert difference(ours, theirs, "query") < 1e-5

    save_preset(ours, tmp_path / "back")
    before, after = read_tensors(tmp_path / "theirs"), read_tensors(tmp_path / "back")
    assert "pooler.dense.weight" in before and before.keys() == after.keys()
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)
    again = open_theirs(tmp_path / "back")
    assert [str(module) for module in again][1:] == [str(module) for module in theirs][1:]
    assert again.max_seq_length == LENGTH and again.prompts == theirs.prompts
    assert again.similarity_fn_name == "dot" and again.default_prompt_name == "passage"
    assert (again.encode(TEXTS) == theirs.encode(TEXTS)).all()


def test_a_plain_bert_is_no_embedder_of_theirs(tmp_path):
    save_preset(make_backbone(), tmp_path / "preset")
    settings = load_preset(BertTextEmbedder, tmp_path / "preset").head_config()
    assert settings == BertTextEmbedder(make_backbone()).head_config()


def load(directory, **kwargs):
    return load_preset(BertTextEmbedder, directory, **kwargs)


def move_into_folder(plain):
    """The layout of the library's first versions."""
    (plain / "0_Transformer").mkdir()
    inner = ["config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json"]
    for name in [*inner, "sentence_bert_config.json"]:
        (plain / name).rename(plain / "0_Transformer" / name)
    modules = json.loads((plain / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    (plain / "modules.json").write_text(json.dumps(modules))


def test_the_older_layout_with_a_folder_for_the_transformer(plain):
    expected = load(plain)
    move_into_folder(plain)
    ours = load(plain)
    assert are_equal(ours, expected) and ours.head_config() == expected.head_config()
    assert ours.tokenizer.get_config() == expected.tokenizer.get_config()
    assert difference(ours, open_theirs(plain)) < 1e-5
    assert are_equal(load_preset(BertBackbone, plain), expected.backbone)
    assert load_preset(BertTokenizer, plain).vocabulary == VOCABULARY
    classifier = load_preset(BertTextClassifier, plain, num_classes=2)
    assert are_equal(classifier.backbone, expected.backbone)
    (plain / "0_Transformer" / "vocab.txt").write_text("a\n")
    with pytest.raises(ValueError, match=r"0_Transformer/vocab\.txt"):
        load(plain)


def test_a_link_in_the_place_of_a_folder_is_refused(plain, tmp_path):
    (plain / "1_Pooling").rename(tmp_path / "elsewhere")
    (plain / "1_Pooling").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=r"1_Pooling: must be a folder, not a link"):
        load(plain)


def test_lower_case_before_a_tokenizer_for_cased_texts(plain):
    assert not load(plain).tokenizer.lowercase
    edit_json(plain / "sentence_bert_config.json", do_lower_case=True)
    ours = load(plain)
    assert ours.tokenizer.lowercase and ours.tokenizer.strip_accents is False
    texts = ["GOOD Film", "Göod bad", "GÖOD"]
    assert np.abs(ours.embed(texts) - open_theirs(plain).encode(texts)).max() < 1e-5
    assert np.abs(ours.embed(["GOOD"]) - ours.embed(["good"])).max() == 0
    mine = make_tokenizer(lowercase=False)
    assert load(plain, tokenizer=mine).tokenizer is mine

    edit_json(plain / "tokenizer_config.json", do_lower_case=True)
    assert load(plain).tokenizer.strip_accents is None  # it did so already


@pytest.mark.parametrize(
    ("of_transformer", "of_tokenizer", "length"),
    [
        (LENGTH, 20, LENGTH),
        (None, 20, 20),
        (..., 20, 20),
        (..., 10**30, 32),
        (..., 1e30, 32),
        (..., None, 32),
        (..., ..., 32),
        (32, 16, 32),
    ],
)
def test_the_length_is_that_of_the_transformer_or_the_tokenizer(
    plain, of_transformer, of_tokenizer, length
):
    edit_json(plain / "sentence_bert_config.json", max_seq_length=of_transformer)
    edit_json(plain / "tokenizer_config.json", model_max_length=of_tokenizer)
    assert load(plain).sequence_length == open_theirs(plain).max_seq_length == length
    assert load(plain, sequence_length=7).sequence_length == 7


def test_without_files_of_settings_the_defaults_hold(plain):
    for name in ("config_sentence_transformers", "sentence_bert_config", "tokenizer_config"):
        (plain / f"{name}.json").unlink()
    settings = load(plain).head_config()
    assert settings["prompts"] == {} and settings["default_prompt"] is None
    assert settings["sequence_length"] == 32 and settings["pooling"] == "cls"
    assert settings["similarity_function"] == "cosine"


POOLING = "1_Pooling/config.json"
TRANSFORMER = "sentence_bert_config.json"
PROMPT_FILE = "config_sentence_transformers.json"
NO_FLAGS = {
    "pooling_mode_cls_token": ...,
    "pooling_mode_mean_tokens": ...,
    "pooling_mode_max_tokens": ...,
}


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode_lasttoken": False, "pooling_mode_weightedmean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_max_tokens": True}, "max"),
        ({"include_prompt": ...}, "cls"),
        (NO_FLAGS, "mean"),
        ({"pooling_mode_cls_token": False}, "mean"),
        (NO_FLAGS | {"pooling_mode": "max"}, "max"),
        (NO_FLAGS | {"pooling_mode": ["max"]}, "max"),
        ({"pooling_mode": "mean"}, "mean"),  # the new form counts
        ({"word_embedding_dimension": ..., "embedding_dimension": 8}, "cls"),
    ],
)
def test_forms_of_the_pooling(plain, config, pooling):
    edit_json(plain / POOLING, **config)
    assert load(plain).pooling == pooling
    assert difference(load(plain), open_theirs(plain)) < 1e-5


def test_a_prompt_that_is_not_pooled_is_refused_where_there_is_one(plain):
    edit_json(plain / POOLING, include_prompt=False)
    with pytest.raises(ValueError, match=r"1_Pooling/config\.json: `include_prompt` must be true"):
        load(plain)
    edit_json(plain / PROMPT_FILE, prompts={"query": "", "passage": None})
    ours = load(plain)
    assert ours.prompts == {"query": "", "passage": ""}
    assert difference(ours, open_theirs(plain)) < 1e-5
