"""What kerabert writes, transformers opens, and the other way round: the same numbers."""

import numpy as np
import pytest

from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.backbone import BertBackbone
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.models.text_regressor import BertTextRegressor
from tests.checkpoints.presets import (
    SENTENCES,
    VOCABULARY,
    difference_of_backbones,
    make_backbone,
    make_classifier,
    make_tokenizer,
    randomize,
)

IDS = np.random.default_rng(0).integers(0, len(VOCABULARY), (4, 20))


def their_logits(directory, texts):
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(directory).eval()
    with torch.no_grad():
        return model(**tokenizer(texts, padding=True, return_tensors="pt")).logits.numpy()


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_classifier_in_transformers(tmp_path, multi_label):
    import transformers

    ours = make_classifier(multi_label=multi_label, dropout_rate=0.4)
    save_preset(ours, tmp_path / "preset")
    logits = ours.predict(SENTENCES, verbose=0)
    assert np.abs(their_logits(tmp_path / "preset", SENTENCES) - logits).max() < 1e-5
    config = transformers.AutoConfig.from_pretrained(tmp_path / "preset")
    assert config.id2label == {0: "no", 1: "yes", 2: "Zürich"}
    assert config.classifier_dropout == 0.4
    kind = "multi" if multi_label else "single"
    assert config.problem_type == f"{kind}_label_classification"
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "preset")
    ids = tokenizer(SENTENCES, add_special_tokens=False)["input_ids"]
    assert ids == ours.tokenizer(SENTENCES)
    assert tokenizer.model_max_length == 32


def test_a_regressor_in_transformers(tmp_path):
    ours = BertTextRegressor(make_backbone(activation="gelu_new"), make_tokenizer(), num_outputs=2)
    save_preset(randomize(ours), tmp_path / "preset")
    difference = their_logits(tmp_path / "preset", SENTENCES) - ours.predict(SENTENCES, verbose=0)
    assert np.abs(difference).max() < 1e-5


@pytest.mark.parametrize("use_pooler", [True, False])
def test_a_backbone_in_transformers(tmp_path, use_pooler):
    import transformers

    ours = randomize(make_backbone(use_pooler=use_pooler, num_segments=3, layer_norm_epsilon=1e-3))
    save_preset(ours, tmp_path / "preset")
    theirs, info = transformers.AutoModel.from_pretrained(
        tmp_path / "preset", output_loading_info=True, add_pooling_layer=use_pooler
    )
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert difference_of_backbones(ours, theirs.eval(), IDS, num_segments=3) < 1e-5


CONFIG = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 12,
    "max_position_embeddings": 24,
    "initializer_range": 0.3,
}


def save_theirs(directory, name, **config):
    import torch
    import transformers

    torch.manual_seed(0)
    model = getattr(transformers, name)(transformers.BertConfig(**(CONFIG | config))).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(directory)
    vocabulary = dict(zip(VOCABULARY, range(len(VOCABULARY)), strict=True))
    transformers.BertTokenizer(vocab=vocabulary).save_pretrained(directory)
    return model


@pytest.mark.parametrize(
    ("name", "use_pooler"),
    [
        ("BertModel", True),
        ("BertForPreTraining", True),
        ("BertForMaskedLM", False),
        ("BertForNextSentencePrediction", True),
        ("BertForSequenceClassification", True),
        ("BertForTokenClassification", False),
        ("BertForQuestionAnswering", False),
        ("BertForMultipleChoice", True),
    ],
)
def test_the_backbone_of_every_class_of_transformers(tmp_path, name, use_pooler):
    theirs = save_theirs(tmp_path, name, hidden_act="gelu_new" if use_pooler else "relu")
    ours = load_preset(BertBackbone, tmp_path)
    assert (ours.pooler is not None) == use_pooler
    body = theirs if name == "BertModel" else theirs.bert
    assert difference_of_backbones(ours, body, IDS) < 1e-5


@pytest.mark.parametrize(
    ("config", "settings"),
    [
        ({"num_labels": 3}, (3, None, False, None)),
        ({"num_labels": 2, "classifier_dropout": 0.3}, (2, None, False, 0.3)),
        ({"id2label": {0: "a", 1: "b", 2: "c"}}, (3, ["a", "b", "c"], False, None)),
        (
            {"num_labels": 2, "problem_type": "multi_label_classification"},
            (2, None, True, None),
        ),
        ({"num_labels": 1, "problem_type": "multi_label_classification"}, (1, None, True, None)),
    ],
)
def test_a_classifier_of_transformers(tmp_path, config, settings):
    save_theirs(tmp_path, "BertForSequenceClassification", **config)
    ours = load_preset(BertTextClassifier, tmp_path)
    assert (ours.num_classes, ours.classes, ours.multi_label, ours.dropout_rate) == settings
    difference = their_logits(tmp_path, SENTENCES) - ours.predict(SENTENCES, verbose=0)
    assert np.abs(difference).max() < 1e-5


@pytest.mark.parametrize(
    "config", [{"num_labels": 1}, {"num_labels": 3, "problem_type": "regression"}]
)
def test_a_regressor_of_transformers(tmp_path, config):
    save_theirs(tmp_path, "BertForSequenceClassification", **config)
    ours = load_preset(BertTextRegressor, tmp_path)
    difference = their_logits(tmp_path, SENTENCES) - ours.predict(SENTENCES, verbose=0)
    assert np.abs(difference).max() < 1e-5
    with pytest.raises(ValueError, match="`num_classes` or `classes` must be given"):
        load_preset(BertTextClassifier, tmp_path)


@pytest.mark.parametrize("name", ["BertForTokenClassification", "BertForMultipleChoice"])
def test_a_head_of_another_task_is_not_taken(tmp_path, name):
    save_theirs(tmp_path, name)
    with pytest.raises(ValueError, match="`num_classes` or `classes` must be given"):
        load_preset(BertTextClassifier, tmp_path)
