"""Real kagglehub against a fake Kaggle on this machine, see fake_hosts.py.

The real one is not reached.
"""

import sys

import pytest

from kerabert.checkpoints.hosted.from_kaggle import download_from_kaggle
from kerabert.checkpoints.hosted.handles import parse_handle
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.backbone import BertBackbone
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.text.tokenizer import BertTokenizer
from tests.checkpoints.fake_hosts import FakeKaggle, read_files, running, use_kaggle
from tests.checkpoints.presets import are_equal, make_backbone, make_tokenizer, randomize

pytest.importorskip("kagglehub")

NAME = "me/bert/keras/tiny"


@pytest.fixture
def kaggle(tmp_path, monkeypatch):
    with running(FakeKaggle()) as kaggle:
        use_kaggle(monkeypatch, kaggle, tmp_path / "cache")
        yield kaggle


@pytest.fixture
def models(kaggle, tmp_path):
    """Two versions of a model on Kaggle."""
    models = {version: randomize(make_backbone(), version) for version in (1, 2)}
    kaggle.models[NAME] = {}
    for version, model in models.items():
        save_preset(model, tmp_path / str(version))
        kaggle.models[NAME][version] = read_files(tmp_path / str(version))
    return models


def test_a_version_and_the_newest_one(kaggle, models, tmp_path):
    assert are_equal(load_preset(BertBackbone, f"kaggle://{NAME}/1"), models[1])
    assert are_equal(load_preset(BertBackbone, f"kaggle://{NAME}"), models[2])
    folder = tmp_path / "cache" / "models" / NAME
    assert download_from_kaggle(parse_handle(f"kaggle://{NAME}/1")) == folder / "1"
    assert (folder / "1.complete").is_file()


def test_files_in_folders(kaggle):
    files = {"config.json": b"{}", "assets/tokenizer/vocabulary.txt": b"[PAD]\n"}
    kaggle.models[NAME] = {1: files}
    assert read_files(download_from_kaggle(parse_handle(f"kaggle://{NAME}"))) == files


def test_a_name_that_kerashub_users_know(kaggle, tmp_path):
    """Its preset is in KerasHub's format; a tiny one is in its place here."""
    backbone = make_backbone(activation="gelu_new")  # Google's and KerasHub's
    model = BertTextClassifier(backbone, classes=["a", "b"], tokenizer=make_tokenizer())
    randomize(model)
    save_preset(model, tmp_path / "preset", "keras_hub")
    files = read_files(tmp_path / "preset")
    kaggle.models["keras/bert/keras/bert_tiny_en_uncased"] = {3: files}
    assert are_equal(BertBackbone.from_preset("bert_tiny_en_uncased"), model.backbone)
    tokenizer = BertTokenizer.from_preset("bert_tiny_en_uncased")
    assert tokenizer.vocabulary == model.tokenizer.vocabulary


def test_a_version_in_the_cache_needs_no_network(kaggle, models):
    load_preset(BertBackbone, f"kaggle://{NAME}/1")
    kaggle.stop()
    assert are_equal(load_preset(BertBackbone, f"kaggle://{NAME}/1"), models[1])


def test_without_a_network_the_newest_in_the_cache_serves_and_says_so(kaggle, models, tmp_path):
    load_preset(BertBackbone, f"kaggle://{NAME}/1")
    kaggle.stop()
    folder = tmp_path / "cache" / "models" / NAME
    (folder / "2").mkdir()  # an interrupted download: there is no 2.complete
    with pytest.warns(UserWarning, match=f"{NAME}: the copy in the cache is used, version 1") as w:
        assert are_equal(BertBackbone.from_preset(f"kaggle://{NAME}"), models[1])
    assert w[0].filename == __file__
    with pytest.raises(ValueError, match=f"kaggle://{NAME}/2: must be whole in the cache"):
        load_preset(BertBackbone, f"kaggle://{NAME}/2")


def test_no_network_and_no_cache(kaggle):
    kaggle.stop()
    with pytest.raises(ValueError, match=f"kaggle://{NAME}: must be whole in the cache .*Connect"):
        load_preset(BertBackbone, f"kaggle://{NAME}")


def test_a_model_that_is_not_there_or_not_open(kaggle, models):
    for preset, status in ((f"kaggle://{NAME}x", 404), (f"kaggle://{NAME}/9", 404)):
        with pytest.raises(ValueError, match=f"{preset}: must be a model on Kaggle.*{status}"):
            load_preset(BertBackbone, preset)
    kaggle.closed.add(NAME)
    with pytest.raises(ValueError, match=r"is open to you.*kagglehub.login.*status 403"):
        load_preset(BertBackbone, f"kaggle://{NAME}")


def test_kagglehub_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(ValueError, match=f"kaggle://{NAME}: kagglehub must be installed: pip"):
        load_preset(BertBackbone, f"kaggle://{NAME}")
