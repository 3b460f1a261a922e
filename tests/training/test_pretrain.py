import json
from pathlib import Path

import numpy as np
import pytest

from kerabert import BertPretrainer
from kerabert.training import pretrain as module
from kerabert.training.pretrain import pretrain
from kerabert.training.run_callbacks import read_log
from kerabert.training.state_files import find_states
from tests.checks import to_numpy

WORDS = [
    "the",
    "a",
    "good",
    "bad",
    "film",
    "actor",
    "story",
    "was",
    "is",
    "not",
    "very",
    "great",
    "awful",
    "and",
    "but",
]
MODEL = {
    "hidden_dim": 8,
    "num_layers": 1,
    "num_heads": 2,
    "intermediate_dim": 16,
    "max_sequence_length": 32,
}
STAGES = [
    {"steps": 4, "steps_per_epoch": 2, "sequence_length": 16, "batch_size": 4},
    {"steps": 2, "sequence_length": 32, "batch_size": 4},
]


@pytest.fixture(scope="module")
def texts(tmp_path_factory) -> Path:
    rng = np.random.default_rng(0)
    documents = [
        "\n".join(" ".join(rng.choice(WORDS, 9)) + " ." for _ in range(6)) for _ in range(60)
    ]
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    path.write_text("\n\n".join(documents) + "\n")
    return path


def arguments(texts: Path, **changes):
    stages = [{**stage, "held_out_batches": 1} for stage in STAGES]
    return {
        "corpus": {"paths": [str(texts)], "held_out_rate": 0.3},
        "vocabulary": {"size": 60},
        "model": MODEL,
        "stages": stages,
        "optimizer": {"learning_rate": 1e-3},
        "samples": ["the film was [MASK] ."],
        "verbose": 0,
        **changes,
    }


class Stopped(Exception):
    pass


def test_from_text_to_a_preset_also_when_it_was_stopped(tmp_path, texts, monkeypatch) -> None:
    model = pretrain(tmp_path / "whole", **arguments(texts))
    log = read_log(tmp_path / "whole")
    assert [line["step"] for line in log] == [2, 4, 6]
    assert all(0 < line["val_masked_lm_loss"] < 9 for line in log)
    assert log[-1]["learning_rate"] == 0.0  # one plan over all stages
    preset = BertPretrainer.from_preset(tmp_path / "whole" / "preset")
    assert preset.tokenizer.vocabulary == model.tokenizer.vocabulary
    for one, other in zip(model.weights, preset.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(one), to_numpy(other))

    # Once more, and stopped in the second stage.
    original = module.RunLog.on_epoch_end

    def stop(self, epoch, logs=None):
        original(self, epoch, logs)
        if self.first_step:
            raise Stopped

    monkeypatch.setattr(module.RunLog, "on_epoch_end", stop)
    resume = {"every_steps": 1}
    with pytest.raises(Stopped):
        pretrain(tmp_path / "cut", **arguments(texts, resume=resume))
    monkeypatch.undo()
    assert find_states(tmp_path / "cut" / "stage-2")[0].name == "step-000000001.npz"
    again = pretrain(tmp_path / "cut", **arguments(texts, resume=resume))
    for one, other in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(one), to_numpy(other))
    assert read_log(tmp_path / "cut") == log

    # A finished run gives the same model at once; the settings of another one are refused.
    done = pretrain(tmp_path / "cut", **arguments(texts))
    np.testing.assert_array_equal(to_numpy(done.weights[0]), to_numpy(model.weights[0]))
    with pytest.raises(ValueError, match=r"run.json: `seed` must be that of the run"):
        pretrain(tmp_path / "cut", **arguments(texts, seed=1))


def test_it_goes_on_from_a_preset_on_other_text(tmp_path, texts) -> None:
    first = pretrain(
        tmp_path / "general", **arguments(texts, stages=[arguments(texts)["stages"][0]])
    )
    model = {"preset": str(tmp_path / "general" / "preset")}
    changes = {"model": model, "vocabulary": None, "pack": False}
    stage = {"steps": 1, "sequence_length": 16, "batch_size": 4, "held_out_batches": 1}
    stage["short_rate"] = 0.5
    second = pretrain(tmp_path / "adapted", **arguments(texts, stages=[stage], **changes))
    assert second.tokenizer.vocabulary == first.tokenizer.vocabulary
    difference = np.abs(to_numpy(first.weights[0]) - to_numpy(second.weights[0])).max()
    assert 0 < difference < 0.01  # one step of 1e-3 away

    changes["vocabulary"] = {"additions": 3, "min_frequency": 1, "min_pieces": 2}
    third = pretrain(tmp_path / "extended", **arguments(texts, stages=[stage], **changes))
    size = first.tokenizer.vocabulary_size
    assert third.tokenizer.vocabulary[:size] == first.tokenizer.vocabulary
    words = third.tokenizer.vocabulary[size:]
    assert words and all(len(third.tokenizer(word)) == 1 for word in words)
    again = BertPretrainer.from_preset(tmp_path / "extended" / "preset")
    assert again.backbone.vocabulary_size == size + len(words)


def test_lamb_by_name(tmp_path, texts, monkeypatch) -> None:
    seen = {}
    monkeypatch.setattr(BertPretrainer, "compile", lambda self, optimizer: seen.update(o=optimizer))
    monkeypatch.setattr(BertPretrainer, "fit", lambda self, *args, **kwargs: None)
    table = {"name": "lamb", "learning_rate": 0.002, "warmup_rate": 0.5, "weight_decay": 0.1}
    pretrain(tmp_path, **arguments(texts, optimizer=table))
    assert type(seen["o"]).__name__ == "BertLamb"
    assert seen["o"].weight_decay == 0.1

    assert (seen["o"]._learning_rate.total_steps, seen["o"]._learning_rate.warmup_rate) == (6, 0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stages": []}, "`stages` must have one stage"),
        ({"stages": [{"batch_size": 2}]}, "Stage 1 must have the key `steps`"),
        ({"stages": [{"steps": 5, "steps_per_epoch": 2}]}, "a multiple of `steps_per_epoch`"),
        ({"stages": [{"steps": 0}]}, "steps"),
        ({"corpus": {}}, "`corpus` must have the key `paths`"),
        ({"corpus": {"paths": ["not there"]}}, "must be a file or a folder.*not there"),
        ({"optimizer": {"name": "sgd"}}, "`name` of .*'sgd'"),
    ],
)
def test_bad_settings_are_refused(tmp_path, texts, change, message) -> None:
    with pytest.raises(ValueError, match=message):
        pretrain(tmp_path, **arguments(texts, **change))
    assert not (tmp_path / "preset").exists()


def test_settings_can_be_read_by_people(tmp_path, texts) -> None:
    with pytest.raises(ValueError):
        pretrain(tmp_path, **arguments(texts, corpus={"paths": ["not there"]}))
    assert json.loads((tmp_path / "run.json").read_text())["model"] == MODEL
