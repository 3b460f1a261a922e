"""Checkpoints of Google's kind damaged in every way: what was saved, or a named error."""

import random
import shutil
import warnings

import pytest

from kerabert.checkpoints.google.sorted_table import read_table, write_table
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.backbone import BertBackbone
from kerabert.models.text_classifier import BertTextClassifier
from tests.checkpoints.google_presets import make_plain_google
from tests.checkpoints.mutations import mutate, mutate_a_plain_directory, mutate_a_preset
from tests.checkpoints.presets import (
    are_equal,
    edit_json,
    make_backbone,
    make_classifier,
    randomize,
)


def mutate_a_classifier(tmp_path, seeds):
    mutate_a_preset(make_classifier(), tmp_path, seeds, format="google")


def mutate_a_plain_classifier(tmp_path, seeds):
    save_preset(make_classifier(), tmp_path / "preset", format="google")
    plain = make_plain_google(tmp_path / "preset", tmp_path / "plain")
    shutil.rmtree(tmp_path / "preset")
    mutate_a_plain_directory(plain, BertTextClassifier, tmp_path, seeds)


def load(directory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_preset(BertBackbone, directory)


def mutate_a_saved_model(tmp_path, seeds):
    """The checkpoint of a SavedModel lies in a folder. Its checksums find every damage."""
    model = randomize(make_backbone(activation="gelu_new"))
    save_preset(model, tmp_path / "preset", format="google")
    directory = tmp_path / "saved_model"
    (directory / "variables").mkdir(parents=True)
    for path in (tmp_path / "preset").glob("bert_model.ckpt.*"):
        name = path.name.replace("bert_model.ckpt", "variables")
        path.rename(directory / "variables" / name)
    shutil.copy(tmp_path / "preset" / "bert_config.json", directory)
    edit_json(directory / "bert_config.json", kerabert=...)
    raised = 0
    for seed in seeds:
        broken = tmp_path / "broken"
        shutil.copytree(directory, broken)
        kind, names = mutate(broken / "variables", random.Random(seed))
        what = f"seed {seed}: {kind} of {names}"
        try:
            assert are_equal(load(broken), model), what
        except ValueError as error:
            raised += 1
            assert "broken/" in str(error), f"{what}: {error}"
        shutil.rmtree(broken)
    print(f"{raised} of {len(seeds)} raised")
    assert raised > 0.8 * len(seeds)


def make_up_an_index(tmp_path, seeds):
    """Damage in the index with checksums that fit, as someone who means it makes it."""
    save_preset(randomize(make_backbone()), tmp_path / "preset", format="google")
    directory = make_plain_google(tmp_path / "preset", tmp_path / "plain")
    path = directory / "bert_model.ckpt.index"
    entries = read_table(path.read_bytes(), "index")
    raised = 0
    for seed in seeds:
        generator = random.Random(seed)
        changed = list(entries)
        place = generator.randrange(len(entries))
        key, value = (bytearray(part) for part in entries[place])
        part = key if key and generator.random() < 0.2 else value
        for _ in range(generator.choice([1, 1, 2, 5])):
            part[generator.randrange(len(part))] = generator.randrange(256)
        changed[place] = (bytes(key), bytes(value))
        path.write_bytes(write_table(sorted(changed)))
        try:
            load(directory)
        except ValueError as error:
            raised += 1
            assert str(directory) in str(error), f"seed {seed}: {error}"
    print(f"{raised} of {len(seeds)} raised")
    assert raised > 0.8 * len(seeds)


def test_a_mutated_preset(tmp_path):
    mutate_a_classifier(tmp_path, range(100))


def test_a_mutated_plain_directory(tmp_path):
    mutate_a_plain_classifier(tmp_path, range(50))


def test_a_mutated_saved_model(tmp_path):
    mutate_a_saved_model(tmp_path, range(50))


def test_an_index_that_is_made_up(tmp_path):
    make_up_an_index(tmp_path, range(100))


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [mutate_a_classifier, mutate_a_plain_classifier, mutate_a_saved_model, make_up_an_index],
)
def test_1000_times(tmp_path, damage):
    damage(tmp_path, range(1000, 2000))
