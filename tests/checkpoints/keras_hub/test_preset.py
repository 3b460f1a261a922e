"""What KerasHub writes, kerabert opens, and the other way round: the same numbers."""

import json
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest

import kerabert
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.layers.sentence_pooling import POOLINGS
from tests.checkpoints.keras_hub_presets import (
    CONFIG,
    OURS,
    SETTINGS,
    compute,
    make_inputs,
    make_ours,
    make_plain,
    make_theirs,
    their_class,
    their_tensors,
)
from tests.checkpoints.presets import SENTENCES, are_equal, make_tokenizer, randomize
from tests.checks import REPOSITORY, largest_difference

KINDS = list(OURS)
SHAPES = [
    {},
    {"num_layers": 1, "num_heads": 1, "num_segments": 1, "dropout": 0.0},
    {"hidden_dim": 12, "num_heads": 3, "intermediate_dim": 5, "num_segments": 4},
    {"num_layers": 12, "num_heads": 4, "max_sequence_length": 10, "vocabulary_size": 40},
]


def check_equal(one, other, kind, inputs):
    difference = largest_difference(compute(one, kind, inputs), compute(other, kind, inputs))
    print(f"{kind}: {difference:.2g}")
    assert difference < 1e-5


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_theirs_in_and_out_again(tmp_path, kind, shape):
    theirs = make_theirs(kind, **shape)
    theirs.save_to_preset(tmp_path / "theirs")
    ours = load_preset(OURS[kind], tmp_path / "theirs")
    config = CONFIG | {"num_segments": 2} | shape
    inputs = make_inputs(config["vocabulary_size"], config["num_segments"])
    check_equal(ours, theirs, kind, inputs)
    backbone = ours if kind == "backbone" else ours.backbone
    assert backbone.dropout_rate == backbone.attention_dropout_rate == config.pop("dropout", 0.1)
    assert backbone.get_config().items() >= config.items()
    if kind != "backbone":
        settings = ours.head_config()
        expected = SETTINGS[kind][1] | {"sequence_length": min(12, config["max_sequence_length"])}
        assert {key: settings[key] for key in expected} == expected

    save_preset(ours, tmp_path / "ours", format="keras_hub")
    again = their_class(kind).from_preset(str(tmp_path / "ours"))
    check_equal(again, theirs, kind, inputs)
    written, read = (their_tensors(tmp_path / name) for name in ("ours", "theirs"))
    assert set(written) == set(read) and len(read) >= 23
    for name, array in read.items():
        assert written[name].dtype == array.dtype and written[name].shape == array.shape, name
        assert written[name].tobytes() == array.tobytes(), name
    assert are_equal(load_preset(OURS[kind], tmp_path / "ours"), ours)


@pytest.mark.parametrize("kind", KINDS)
def test_ours_in_keras_hub(tmp_path, kind):
    ours = make_ours(kind)
    save_preset(ours, tmp_path, format="keras_hub")
    theirs = their_class(kind).from_preset(str(tmp_path))
    inputs = make_inputs(CONFIG["vocabulary_size"], 3)
    check_equal(theirs, ours, kind, inputs)
    if kind == "backbone":
        return
    # Any class of KerasHub opens the backbone, and the head is the one of its own class only.
    backbone = their_class("backbone").from_preset(str(tmp_path))
    check_equal(backbone, ours.backbone, "backbone", inputs)
    base = {"classifier": "TextClassifier", "masked_lm": "MaskedLM", "embedder": "TextEmbedder"}
    import keras_hub

    again = getattr(keras_hub.models, base[kind]).from_preset(str(tmp_path))
    assert type(again) is their_class(kind)
    check_equal(again, ours, kind, inputs)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("normalize", [True, False])
def test_every_pooling(tmp_path, pooling, normalize):
    ours = make_ours("embedder", pooling=pooling, normalize=normalize)
    save_preset(ours, tmp_path, format="keras_hub")
    theirs = their_class("embedder").from_preset(str(tmp_path))
    assert (theirs.pooling_mode, theirs.normalize) == (pooling, normalize)
    check_equal(theirs, ours, "embedder", make_inputs(CONFIG["vocabulary_size"], 3))


@pytest.mark.parametrize("kind", ["classifier", "embedder"])
def test_strings_give_the_same(tmp_path, kind):
    ours = make_ours(kind, sequence_length=8)
    save_preset(ours, tmp_path, format="keras_hub")
    theirs = their_class(kind).from_preset(str(tmp_path))
    assert theirs.preprocessor.sequence_length == 8
    texts = [*SENTENCES, "good film . not awful . it was very very great , good ."]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.predict(texts, verbose=0)
    assert largest_difference(ours.predict(texts, verbose=0), expected) < 1e-5
    if kind == "embedder":  # of two columns, each text has a vector of its own
        return
    pairs = (texts, texts[::-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.predict(tuple(np.array(side) for side in pairs), verbose=0)
    assert largest_difference(ours.predict(pairs, verbose=0), expected) < 1e-5


def test_a_regressor_is_a_classifier_there(tmp_path):
    ours = randomize(
        kerabert.BertTextRegressor(make_ours("backbone"), make_tokenizer(), num_outputs=2)
    )
    save_preset(ours, tmp_path / "preset", format="keras_hub")
    inputs = make_inputs(CONFIG["vocabulary_size"], 3)
    theirs = their_class("classifier").from_preset(str(tmp_path / "preset"))
    check_equal(theirs, ours, "classifier", inputs)
    assert are_equal(load_preset(kerabert.BertTextRegressor, tmp_path / "preset"), ours)
    with pytest.raises(ValueError, match="holds no head of a BertTextClassifier"):
        load_preset(kerabert.BertTextClassifier, tmp_path / "preset")


@pytest.mark.parametrize(
    ("arguments", "cls", "settings", "warns"),
    [
        ({"num_classes": 1}, "BertTextRegressor", {"num_outputs": 1}, False),
        ({"num_classes": 3}, "BertTextClassifier", {"multi_label": False}, False),
        (
            {"num_classes": 3, "activation": "softmax"},
            "BertTextClassifier",
            {"multi_label": False},
            True,
        ),
        (
            {"num_classes": 1, "activation": "sigmoid"},
            "BertTextClassifier",
            {"multi_label": True, "num_classes": 1},
            True,
        ),
    ],
)
def test_their_classifiers(tmp_path, arguments, cls, settings, warns):
    theirs = make_theirs("classifier", arguments=arguments)
    theirs.save_to_preset(tmp_path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ours = load_preset(getattr(kerabert, cls), tmp_path)
    told = [str(w.message) for w in caught if "gives probabilities" in str(w.message)]
    assert bool(told) == warns
    assert {key: ours.head_config()[key] for key in settings} == settings
    if cls == "BertTextClassifier":
        scores = [list(result.scores.values()) for result in ours.classify(SENTENCES)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outputs = theirs.predict(SENTENCES, verbose=0)
        if not warns:
            outputs = keras.ops.softmax(outputs)
        assert largest_difference(np.float32(scores), outputs) < 1e-5


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_of_theirs(tmp_path, dtype):
    theirs = make_theirs("backbone", num_layers=1, dtype=dtype)
    theirs.save_to_preset(str(tmp_path))
    ours = load_preset(kerabert.BertBackbone, tmp_path)
    for one, other in (
        (ours.embedding.token_embedding.embeddings, theirs.token_embedding.embeddings),
        (ours.pooler.dense.kernel, theirs.pooled_dense.kernel),
    ):
        assert largest_difference(one, keras.ops.cast(other, "float32")) == 0


def test_a_model_of_transformers_through_a_preset(tmp_path):
    from tests.checkpoints.test_hugging_face import save_theirs

    for name, cls in (
        ("BertModel", kerabert.BertBackbone),
        ("BertForSequenceClassification", kerabert.BertTextClassifier),
    ):
        save_theirs(tmp_path / f"{name}-1", name, hidden_act="gelu_new", num_labels=3)
        model = load_preset(cls, tmp_path / f"{name}-1")
        save_preset(model, tmp_path / f"{name}-2", format="keras_hub")
        again = load_preset(cls, tmp_path / f"{name}-2")
        assert are_equal(model, again)
        save_preset(again, tmp_path / f"{name}-3")
        save_preset(model, tmp_path / f"{name}-4")
        one, other = (tmp_path / f"{name}-{i}" for i in (3, 4))
        for file in ("model.safetensors", "config.json"):
            assert (one / file).read_bytes() == (other / file).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_what_keras_hub_does_not_know_comes_back(tmp_path, kind):
    settings = {
        "classifier": {"classes": ["no", "yes", "Zürich"], "dropout_rate": None},
        "embedder": {"prompts": {"query": "query: "}},
    }.get(kind, {})
    tokenizer = {"strip_accents": None, "memory_size": 100, "lowercase": False}
    backbone = {"activation": "gelu_fast", "initializer_range": 0.3}
    ours = make_ours(kind, backbone=backbone, tokenizer=tokenizer, **settings)
    save_preset(ours, tmp_path / "preset", format="keras_hub")
    again = load_preset(OURS[kind], tmp_path / "preset")
    assert are_equal(again, ours)
    one, other = (model.get_config() for model in (again, ours))
    if kind != "backbone":
        assert one.pop("backbone")["config"].items() >= {"activation": "gelu_fast"}.items()
        assert other.pop("backbone")["config"]["initializer_range"] == 0.3
        assert again.backbone.initializer_range == 0.3
    assert {**one, "name": ""} == {**other, "name": ""}


def test_a_tokenizer_alone(tmp_path):
    tokenizer = make_tokenizer(lowercase=False)
    save_preset(tokenizer, tmp_path, format="keras_hub")
    again = load_preset(kerabert.BertTokenizer, tmp_path)
    assert again.get_config() == tokenizer.get_config()


def test_a_plain_preset_is_opened_by_every_task(tmp_path):
    save_preset(make_ours("masked_lm"), tmp_path / "preset", format="keras_hub")
    plain = make_plain(tmp_path / "preset", tmp_path / "plain")
    for directory in (tmp_path / "preset", plain):
        # The pretrainer's head computes with its backbone's activation: it is another head.
        with pytest.warns(UserWarning, match="no head of a BertPretrainer: it starts fresh"):
            load_preset(kerabert.BertPretrainer, directory)
        with pytest.warns(UserWarning, match="no head of a BertQuestionAnswerer"):
            load_preset(kerabert.BertQuestionAnswerer, directory)
        assert load_preset(kerabert.BertTextClassifier, directory, num_classes=2).num_classes == 2
        assert load_preset(kerabert.BertTextEmbedder, directory).pooling == "mean"


def test_the_mark_of_kerabert(tmp_path):
    save_preset(make_ours("classifier"), tmp_path, format="keras_hub")
    (tmp_path / "kerabert.json").unlink()
    for cls in (kerabert.BertTextClassifier, kerabert.BertBackbone, kerabert.BertTokenizer):
        with pytest.raises(ValueError, match=r"kerabert\.json: the file must exist"):
            load_preset(cls, tmp_path)


def test_keras_hub_is_not_imported(tmp_path):
    save_preset(make_ours("classifier"), tmp_path / "one", format="keras_hub")
    code = f"""
import sys
from kerabert import BertTextClassifier
model = BertTextClassifier.from_preset({str(tmp_path / "one")!r})
model.save_to_preset({str(tmp_path / "other")!r}, format="keras_hub")
assert not {{"keras_hub", "keras_nlp"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)
    assert their_tensors(tmp_path / "one").keys() == their_tensors(tmp_path / "other").keys()


def test_metadata(tmp_path):
    ours = make_ours("backbone")
    save_preset(ours, tmp_path, format="keras_hub")
    metadata = json.loads((tmp_path / "metadata.json").read_text())
    assert metadata["parameter_count"] == ours.count_params()
    assert metadata["keras_version"] == keras.version()
