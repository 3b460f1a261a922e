"""Directories of sentence-transformers that ask for what `BertTextEmbedder` does not compute."""

import json
import shutil

import pytest

from kerabert.checkpoints.preset import load_preset
from kerabert.models.backbone import BertBackbone
from tests.checkpoints.presets import edit_json
from tests.checkpoints.test_sentence_transformers import (
    POOLING,
    PROMPT_FILE,
    TRANSFORMER,
    load,
    write_plain_embedder,
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_plain_embedder(tmp_path_factory.mktemp("embedder"))


@pytest.fixture
def plain(written, tmp_path):
    return shutil.copytree(written, tmp_path / "plain")


@pytest.mark.parametrize(
    ("file", "config", "message"),
    [
        (POOLING, {"pooling_mode_cls_token": ..., "pooling_mode_lasttoken": True}, "lasttoken"),
        (POOLING, {"pooling_mode_mean_tokens": True}, r"no other mode.*cls_token.*mean_tokens"),
        (POOLING, {"pooling_mode_mean_sqrt_len_tokens": True}, "mean_sqrt_len_tokens"),
        (POOLING, {"pooling_mode_cls_token": 1}, "`pooling_mode_cls_token` must be true or false"),
        (POOLING, {"pooling_mode": "weightedmean"}, "`pooling_mode` must be one of.*weightedmean"),
        (POOLING, {"pooling_mode": ["mean", "max"]}, "`pooling_mode` must be one of"),
        (POOLING, {"pooling_mode": {}}, "`pooling_mode` must be one of"),
        (POOLING, {"word_embedding_dimension": 9}, "`word_embedding_dimension` must be .* 8"),
        (POOLING, {"word_embedding_dimension": ...}, "`word_embedding_dimension` must be .* 8"),
        (POOLING, {"embedding_dimension": "8"}, "`embedding_dimension` must be"),
        (POOLING, {"include_prompt": "no"}, "`include_prompt` must be true"),
        (
            TRANSFORMER,
            {"max_seq_length": 33},
            r"`max_seq_length` must lie in 3\.\.32",
        ),
        (TRANSFORMER, {"max_seq_length": 2}, "`max_seq_length` must lie"),
        (TRANSFORMER, {"max_seq_length": True}, "`max_seq_length` must lie"),
        (TRANSFORMER, {"do_lower_case": "yes"}, "`do_lower_case` must be"),
        (TRANSFORMER, {"transformer_task": "fill-mask"}, "`transformer_task` must"),
        (
            TRANSFORMER,
            {"modality_config": {"text": {"method_output_name": ["hidden_states", -2]}}},
            "`modality_config` must be .*hidden_states",
        ),
        (TRANSFORMER, {"processing_kwargs": {"text": {}}}, "`processing_kwargs`"),
        (TRANSFORMER, {"query_length": 32}, "`query_length` must be null"),
        (PROMPT_FILE, {"prompts": []}, "`prompts` must be an object"),
        (PROMPT_FILE, {"prompts": {"a": 1}}, "`prompts` must be an object"),
        (
            "config_sentence_transformers.json",
            {"default_prompt_name": "a"},
            "`default_prompt_name`",
        ),
        (PROMPT_FILE, {"default_prompt_name": 1}, "`default_prompt_name`"),
        (PROMPT_FILE, {"similarity_fn_name": "maxsim"}, "`similarity_fn_name` must be one of"),
        (PROMPT_FILE, {"truncate_dim": 4}, "`truncate_dim` must be null"),
        (PROMPT_FILE, {"model_type": "SparseEncoder"}, "`model_type` must"),
    ],
)
def test_what_would_make_other_vectors_is_refused_by_file_and_key(plain, file, config, message):
    edit_json(plain / file, **config)
    with pytest.raises(ValueError, match=f"{file}: .*{message}"):
        load(plain)
    load_preset(BertBackbone, plain)  # which has no part in it


def test_a_tokenizer_of_no_length_is_refused(plain):
    edit_json(plain / TRANSFORMER, max_seq_length=None)
    edit_json(plain / "tokenizer_config.json", model_max_length=2)
    with pytest.raises(ValueError, match=r"tokenizer_config\.json: `model_max_length` must be at"):
        load(plain)


DENSE = {"path": "2_Dense", "type": "sentence_transformers.base.modules.dense.Dense"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda modules: [*modules[:2], DENSE],
            "`type` must .*'Transformer', 'Pooling', 'Dense'",
        ),
        (lambda modules: [*modules, DENSE], "'Normalize', 'Dense'"),
        (lambda modules: modules[:1], r"`type` must .* \['Transformer'\]"),
        (lambda modules: modules[::-1], "in this order"),
        (lambda modules: [], "in this order"),
        (lambda modules: [modules[0], modules[1] | {"type": "mine.Pooling"}], "mine.Pooling"),
        (lambda modules: [modules[0], modules[1] | {"type": 1}], "`type` must be a string"),
        (lambda modules: [modules[0], modules[1] | {"path": "../1_Pooling"}], "`path` must name"),
        (lambda modules: [modules[0], modules[1] | {"path": None}], "`path` must name"),
        (lambda modules: ["Transformer"], "`type` must be a string"),
        (lambda modules: {"modules": modules}, "must hold a JSON array"),
    ],
)
def test_other_modules_are_refused_by_name(plain, change, message):
    path = plain / "modules.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(ValueError, match=rf"modules\.json: .*{message}"):
        load(plain)


def test_a_normalisation_of_something_else_is_refused(plain):
    (plain / "2_Normalize").mkdir()
    path = plain / "2_Normalize" / "config.json"
    path.write_text('{"module_input_name": "sentence_embedding"}')
    assert load(plain).normalize
    path.write_text('{"module_input_name": "token_embeddings"}')
    with pytest.raises(ValueError, match=r"2_Normalize/config\.json: `module_input_name` must be"):
        load(plain)


def test_a_missing_pooling_is_refused(plain):
    (plain / POOLING).unlink()
    with pytest.raises(ValueError, match=r"1_Pooling/config\.json: the file must exist"):
        load(plain)
