"""The settings of KerasHub's tasks, and models that KerasHub cannot hold."""

import pytest

import kerabert
from kerabert.checkpoints.preset import load_preset, save_preset
from tests.checkpoints.keras_hub_presets import OURS, edit_config, make_ours, make_plain
from tests.checkpoints.presets import make_backbone, make_tokenizer


@pytest.fixture
def plain(tmp_path, request):
    save_preset(make_ours(request.param), tmp_path / "preset", format="keras_hub")
    return make_plain(tmp_path / "preset", tmp_path / "plain")


@pytest.mark.parametrize(
    ("plain", "keys", "values", "match"),
    [
        ("embedder", (), {"pooling_mode": "last"}, "pooling_mode"),
        ("embedder", (), {"pooling_mode": ["cls"]}, "pooling_mode"),
        ("embedder", (), {"normalize": 1}, "normalize"),
        ("embedder", (), {"window": 1}, "config"),
        ("masked_lm", ("preprocessor",), {"truncate": "waterfall"}, "truncate"),
        ("masked_lm", ("preprocessor",), {"sequence_length": 2}, "sequence_length"),
        ("masked_lm", ("preprocessor",), {"sequence_length": None}, "sequence_length"),
        ("classifier", ("preprocessor",), {"sequence_length": True}, "sequence_length"),
        ("classifier", (), {"preprocessor": {"class_name": "Mine"}}, "preprocessor"),
    ],
    indirect=["plain"],
)
def test_bad_settings_are_refused(plain, request, keys, values, match):
    kind = request.node.callspec.params["plain"]
    edit_config(plain / "task.json", *keys, **values)
    with pytest.raises(ValueError, match=rf"task\.json: `{match}` must"):
        load_preset(OURS[kind], plain)


@pytest.mark.parametrize("plain", ["classifier", "embedder"], indirect=True)
def test_the_longest_sequence(plain, request):
    cls = OURS[request.node.callspec.params["plain"]]
    for length, expected in ((9, 9), (512, 32), (..., 32)):
        edit_config(plain / "task.json", "preprocessor", sequence_length=length)
        assert load_preset(cls, plain).sequence_length == expected
    edit_config(plain / "task.json", preprocessor=None)
    assert load_preset(cls, plain).sequence_length == 32
    assert load_preset(cls, plain, sequence_length=7).sequence_length == 7


@pytest.mark.parametrize("plain", ["embedder"], indirect=True)
def test_defaults_of_an_embedder(plain):
    edit_config(plain / "task.json", pooling_mode=..., normalize=...)
    settings = load_preset(kerabert.BertTextEmbedder, plain).head_config()
    assert settings["pooling"] == "mean" and settings["normalize"] is True


def check_refused(model, tmp_path, match):
    with pytest.raises(ValueError, match=f"KerasHub preset cannot hold {match}"):
        save_preset(model, tmp_path / "preset", format="keras_hub")
    assert not (tmp_path / "preset").exists()


@pytest.mark.parametrize(
    ("backbone", "match"),
    [
        ({"activation": "gelu"}, "another activation.*activation='gelu'"),
        ({"activation": "relu"}, "another activation.*activation='relu'"),
        ({"layer_norm_epsilon": 1e-5}, "another epsilon.*layer_norm_epsilon=1e-05"),
        ({"use_pooler": False}, "a backbone without a pooler.*use_pooler=False"),
        ({"attention_dropout_rate": 0.0}, "two rates of dropout.*attention_dropout_rate=0.0"),
    ],
)
def test_backbones_that_keras_hub_cannot_hold(tmp_path, backbone, match):
    check_refused(make_ours("backbone", backbone=backbone), tmp_path, match)
    check_refused(make_ours("embedder", backbone=backbone), tmp_path, match)


@pytest.mark.parametrize(
    ("kind", "settings", "match"),
    [
        ("masked_lm", {"tie_embeddings": False}, "a masked-LM head with a table of its own"),
        ("masked_lm", {"head_activation": None}, "another masked-LM head.*'gelu_new'"),
        ("masked_lm", {"head_activation": "relu"}, "another masked-LM head.*'relu'"),
        ("masked_lm", {"head_layer_norm_epsilon": None}, "another masked-LM head.*1e-12"),
        (
            "embedder",
            {"prompts": {"q": "q: "}, "default_prompt": "q"},
            "a prompt that is put before every text.*'q'",
        ),
    ],
)
def test_heads_that_keras_hub_cannot_hold(tmp_path, kind, settings, match):
    check_refused(make_ours(kind, **settings), tmp_path, match)


@pytest.mark.parametrize(
    "name",
    [
        "BertTokenClassifier",
        "BertQuestionAnswerer",
        "BertMultipleChoice",
        "BertNextSentencePredictor",
        "BertPretrainer",
    ],
)
def test_tasks_that_keras_hub_has_not(tmp_path, name):
    settings = {"num_classes": 3} if name == "BertTokenClassifier" else {}
    backbone = make_backbone(activation="gelu_new")
    task = getattr(kerabert, name)(backbone, tokenizer=make_tokenizer(), **settings)
    check_refused(task, tmp_path, f"this task.*a {name}")
    save_preset(task.backbone, tmp_path / "preset", format="keras_hub")


@pytest.mark.parametrize("format", ["hugging_face", "google"])
def test_their_masked_lm_head_in_other_formats(tmp_path, format):
    """Hugging Face and Google compute it with the backbone's activation and epsilon."""
    model = make_ours("masked_lm")
    with pytest.raises(ValueError, match="must have the activation and the epsilon of its back"):
        save_preset(model, tmp_path / "preset", format=format)
    same = make_ours(
        "masked_lm", head_activation="gelu_pytorch_tanh", head_layer_norm_epsilon=1e-12
    )
    save_preset(same, tmp_path / "preset", format=format)
    again = load_preset(kerabert.BertMaskedLM, tmp_path / "preset")
    assert again.head_config() == same.head_config()
