"""KerasHub presets damaged in every way: what loads is what was saved, or the damage is named."""

import shutil

import pytest

from kerabert.checkpoints.preset import save_preset
from tests.checkpoints.keras_hub_presets import OURS, make_ours, make_plain, make_theirs
from tests.checkpoints.presets import are_equal
from tests.checkpoints.test_mutations import load_mutated


def mutate_a_preset(tmp_path, kind, seeds):
    model, directory = make_ours(kind), tmp_path / "preset"
    save_preset(model, directory, format="keras_hub")
    raised = 0
    for seed in seeds:
        loaded, change, names = load_mutated(directory, tmp_path, seed, OURS[kind])
        what = f"seed {seed}: {change} of {names}"
        if isinstance(loaded, ValueError):
            raised += 1
            assert any(f"broken/{name}" in str(loaded) for name in names), f"{what}: {loaded}"
        else:
            assert are_equal(loaded, model), what
            one, other = loaded.get_config(), model.get_config()
            for config in (one, other):
                del config["name"], config["backbone"]["config"]["name"]
                # A pooler that the task has no use for is frozen when it is loaded.
                config["backbone"]["config"]["frozen_layers"] = []
            assert one == other, what
    print(f"{raised} of {len(seeds)} raised")
    assert raised > 0.9 * len(seeds)


def mutate_a_plain_preset(tmp_path, kind, seeds):
    """No checksums here: the damage may go unseen, but nothing else than ValueError is raised."""
    raised = 0
    for seed in seeds:
        loaded, _, _ = load_mutated(tmp_path / "plain", tmp_path, seed, OURS[kind])
        raised += isinstance(loaded, ValueError)
    print(f"{raised} of {len(seeds)} raised")
    assert 0.3 * len(seeds) < raised < len(seeds)


def make_plain_preset(tmp_path, kind):
    save_preset(make_ours(kind), tmp_path / "preset", format="keras_hub")
    make_plain(tmp_path / "preset", tmp_path / "plain")
    shutil.rmtree(tmp_path / "preset")


@pytest.mark.parametrize("kind", ["classifier", "masked_lm", "embedder"])
def test_a_mutated_preset(tmp_path, kind):
    mutate_a_preset(tmp_path, kind, range(100))


@pytest.mark.parametrize("kind", ["classifier", "masked_lm", "embedder"])
def test_a_mutated_plain_preset(tmp_path, kind):
    make_plain_preset(tmp_path, kind)
    mutate_a_plain_preset(tmp_path, kind, range(100))


def test_a_mutated_preset_of_theirs(tmp_path):
    make_theirs("classifier").save_to_preset(str(tmp_path / "plain"))
    mutate_a_plain_preset(tmp_path, "classifier", range(100))


def test_a_mutated_preset_of_theirs_in_shards(tmp_path):
    make_theirs("classifier").save_to_preset(str(tmp_path / "plain"), max_shard_size=2e-6)
    mutate_a_plain_preset(tmp_path, "classifier", range(200, 300))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classifier", "masked_lm", "embedder"])
def test_1000_mutated_presets(tmp_path, kind):
    mutate_a_preset(tmp_path, kind, range(1000, 2000))


@pytest.mark.slow
def test_1000_mutated_presets_of_theirs(tmp_path):
    make_theirs("classifier").save_to_preset(str(tmp_path / "plain"))
    mutate_a_plain_preset(tmp_path, "classifier", range(1000, 2000))


@pytest.mark.slow
def test_1000_mutated_presets_of_theirs_in_shards(tmp_path):
    make_theirs("masked_lm").save_to_preset(str(tmp_path / "plain"), max_shard_size=2e-6)
    mutate_a_plain_preset(tmp_path, "masked_lm", range(3000, 4000))
