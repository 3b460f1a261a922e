import warnings

import keras
import numpy as np
import pytest

from kerabert.models import BertTextClassifier
from tests.checkpoints.presets import are_equal, read_tensors, write_tensors
from tests.checks import check_training, largest_difference, to_numpy
from tests.models.test_task import uncompiled
from tests.tiny import LABELS, TEXTS, make_plain_backbone, make_tokenizer

LONG = ["good film " * 12, "it was very bad . " * 4, "not great", "awful film . " * 7]
SHORT = [text for text in TEXTS if len(text.split()) < 7]


def make(long_documents="attention", dtype=None, **kwargs):
    sizes = {"classes": ["no", "yes"], "sequence_length": 8, "dropout_rate": 0.0}
    model = BertTextClassifier(
        make_plain_backbone(dtype=dtype),
        tokenizer=make_tokenizer(),
        **{**sizes, "long_documents": long_documents, **kwargs},
    )
    if long_documents == "attention":
        kernel = np.random.default_rng(0).normal(size=(8, 1))
        model.pooling.attention.set_weights([kernel])
    return uncompiled(model)


@pytest.mark.parametrize("pooling", ["mean", "max", "attention"])
def test_equals_the_windows_one_by_one(pooling):
    model = make(pooling)
    plain = make(None)
    plain.classifier.set_weights(model.classifier.get_weights())
    assert (
        largest_difference(model.predict(SHORT, verbose=0), plain.predict(SHORT, verbose=0)) < 1e-6
    )
    kernel, bias = model.classifier.get_weights()
    expected = []
    for ids in model.tokenizer(LONG):
        starts = [0]
        while starts[-1] + 6 < len(ids):
            starts.append(starts[-1] + 4)
        windows = [ids[start : start + 6] for start in starts]
        vectors = to_numpy(plain.backbone(plain.packer(windows))["pooled_output"])
        if pooling == "attention":
            weights = np.exp(vectors @ model.pooling.attention.get_weights()[0])
            pooled = (weights / weights.sum() * vectors).sum(axis=0)
        else:
            pooled = vectors.mean(axis=0) if pooling == "mean" else vectors.max(axis=0)
        expected.append(pooled @ kernel + bias)
    outputs = model.predict(LONG, batch_size=2, verbose=0)
    assert largest_difference(outputs, np.stack(expected)) < 1e-5
    assert model.classify(LONG)[0].score > 0.5


def test_training(tmp_path):
    model = make()
    model.compile(learning_rate=2e-2)
    texts = [text * 3 for text in TEXTS[:4]]
    check_training(model, make, texts, LABELS[:4], tmp_path / "model.keras")
    before, after = (some.pooling.attention.get_weights()[0] for some in (make(), model))
    assert (before != after).all()


def test_pairs():
    model = make("mean")
    model.fit((LONG, ["good"] * 4), [0, 1, 0, 1], verbose=0)
    pairs = list(zip(LONG, ["good"] * 4, strict=True))
    assert model.classify((LONG, ["good"] * 4)) == model.classify(pairs)


def test_a_preset_keeps_it(tmp_path):
    model = make(stride=1, max_windows=5)
    model.save_to_preset(tmp_path / "preset")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = BertTextClassifier.from_preset(tmp_path / "preset")
    assert are_equal(again, model) and again.head_config() == model.head_config()
    uncompiled(again)
    outputs, expected = (some.predict(LONG, verbose=0) for some in (again, model))
    assert largest_difference(outputs, expected) < 1e-6
    # It is a BertForSequenceClassification besides the weights of the attention.
    transformers = pytest.importorskip("transformers")
    peer, info = transformers.BertForSequenceClassification.from_pretrained(
        tmp_path / "preset", output_loading_info=True
    )
    assert set(info["unexpected_keys"]) == {"classifier.attention.weight"}
    assert not info["missing_keys"] and peer.config.id2label == {0: "no", 1: "yes"}
    # Of a wrong shape they are refused, as is every other tensor.
    tensors = read_tensors(tmp_path / "preset")
    tensors["classifier.attention.weight"] = np.zeros((1, 7), "float32")
    write_tensors(tmp_path / "preset", tensors)
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        BertTextClassifier.from_preset(tmp_path / "preset")


def test_a_plain_classifier_becomes_one(tmp_path):
    make(None).save_to_preset(tmp_path / "preset")
    model = BertTextClassifier.from_preset(tmp_path / "preset", long_documents="mean")
    assert model.long_documents == "mean"
    with pytest.warns(UserWarning, match=r"classifier\.attention starts fresh"):
        BertTextClassifier.from_preset(tmp_path / "preset", long_documents="attention")


@pytest.mark.parametrize("format", ["google", "keras_hub"])
def test_other_formats_refuse_an_attention(format, tmp_path):
    with pytest.raises(ValueError, match=r"`format=\"hugging_face\"` holds the weights"):
        make().save_to_preset(tmp_path / "preset", format=format)
    assert not (tmp_path / "preset").exists()


def test_export_refuses_what_it_cannot(tmp_path):
    for format, name in (("onnx", "model.onnx"), ("litert", "model.tflite")):
        with pytest.raises(ValueError, match=r"`long_documents` must be exported"):
            make("mean").export(tmp_path / name, format=format)


def test_needs_a_pooler():
    with pytest.raises(ValueError, match="must have a pooler"):
        BertTextClassifier(
            make_plain_backbone(use_pooler=False), num_classes=2, long_documents="mean"
        )


def test_float32_of_half_precision():
    model = make("max", dtype="mixed_bfloat16")
    assert keras.backend.standardize_dtype(model(model.packer([[5]])).dtype) == "float32"
