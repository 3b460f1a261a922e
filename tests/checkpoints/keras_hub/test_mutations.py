"""KerasHub presets damaged in every way: what loads is what was saved, or the damage is named."""

import shutil

import pytest

from kerabert.checkpoints.preset import save_preset
from tests.checkpoints.keras_hub_presets import OURS, make_ours, make_plain, make_theirs
from tests.checkpoints.mutations import mutate_a_plain_directory, mutate_a_preset

KINDS = ["classifier", "masked_lm", "embedder"]


def make_ours_plain(tmp_path, kind):
    save_preset(make_ours(kind), tmp_path / "preset", format="keras_hub")
    make_plain(tmp_path / "preset", tmp_path / "plain")
    shutil.rmtree(tmp_path / "preset")
    return tmp_path / "plain"


def save_theirs(tmp_path, kind, **settings):
    make_theirs(kind).save_to_preset(str(tmp_path / "plain"), **settings)
    return tmp_path / "plain"


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_preset(tmp_path, kind):
    mutate_a_preset(make_ours(kind), tmp_path, range(100), format="keras_hub")


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_plain_preset(tmp_path, kind):
    plain = make_ours_plain(tmp_path, kind)
    mutate_a_plain_directory(plain, OURS[kind], tmp_path, range(100))


def test_a_mutated_preset_of_theirs(tmp_path):
    plain = save_theirs(tmp_path, "classifier")
    mutate_a_plain_directory(plain, OURS["classifier"], tmp_path, range(100))


def test_a_mutated_preset_of_theirs_in_shards(tmp_path):
    plain = save_theirs(tmp_path, "classifier", max_shard_size=2e-6)
    mutate_a_plain_directory(plain, OURS["classifier"], tmp_path, range(200, 300))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_1000_mutated_presets(tmp_path, kind):
    mutate_a_preset(make_ours(kind), tmp_path, range(1000, 2000), format="keras_hub")


@pytest.mark.slow
def test_1000_mutated_presets_of_theirs(tmp_path):
    plain = save_theirs(tmp_path, "classifier")
    mutate_a_plain_directory(plain, OURS["classifier"], tmp_path, range(1000, 2000))


@pytest.mark.slow
def test_1000_mutated_presets_of_theirs_in_shards(tmp_path):
    plain = save_theirs(tmp_path, "masked_lm", max_shard_size=2e-6)
    mutate_a_plain_directory(plain, OURS["masked_lm"], tmp_path, range(3000, 4000))
