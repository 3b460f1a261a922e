"""Presets damaged in every way: what loads is what was saved, or the damage is named."""

import shutil

import pytest

from kerabert.checkpoints.preset import save_preset
from kerabert.models.text_classifier import BertTextClassifier
from tests.checkpoints.mutations import mutate_a_plain_directory, mutate_a_preset
from tests.checkpoints.presets import make_classifier, make_plain


@pytest.fixture
def plain(tmp_path):
    save_preset(make_classifier(), tmp_path / "preset")
    make_plain(tmp_path / "preset", tmp_path / "plain")
    shutil.rmtree(tmp_path / "preset")
    return tmp_path / "plain"


def test_a_mutated_preset(tmp_path):
    mutate_a_preset(make_classifier(), tmp_path, range(100))


def test_a_mutated_plain_directory(plain, tmp_path):
    mutate_a_plain_directory(plain, BertTextClassifier, tmp_path, range(50))


@pytest.mark.slow
def test_1000_mutated_presets(tmp_path):
    mutate_a_preset(make_classifier(), tmp_path, range(1000, 2000))


@pytest.mark.slow
def test_1000_mutated_plain_directories(plain, tmp_path):
    mutate_a_plain_directory(plain, BertTextClassifier, tmp_path, range(1000, 2000))
