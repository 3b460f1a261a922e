import json
from pathlib import Path

import keras
import numpy as np
import pytest

from kerabert import BertPretrainer
from kerabert.training.run_callbacks import RunLog, plot_log, read_log
from tests.tiny import make_plain_backbone, make_tokenizer


def make_log(folder: Path, first_step: int = 0, **kwargs) -> RunLog:
    model = BertPretrainer(make_plain_backbone(), tokenizer=make_tokenizer())
    model.compile(optimizer=keras.optimizers.SGD(0.25))
    log = RunLog(folder, first_step, 10, **kwargs)
    log.set_model(model)
    return log


def test_an_epoch_becomes_a_line_and_a_picture(tmp_path: Path, capsys) -> None:
    log = make_log(tmp_path, first_step=100, samples=["it was [MASK] .", "[MASK] film [MASK]"])
    log.on_epoch_end(0, {"loss": np.float32(2.5), "val_masked_lm_accuracy": 0.5})
    line = read_log(tmp_path)[0]
    assert (line["step"], line["loss"], line["learning_rate"]) == (110, 2.5, 0.25)
    assert [len(line["filled"][text]) for text in log.samples] == [1, 2]
    assert all(len(words) == 3 for masks in line["filled"].values() for words in masks)
    assert "it was [MASK] .  ->" in capsys.readouterr().out
    assert (tmp_path / "log.png").read_bytes().startswith(b"\x89PNG")


def test_an_epoch_that_is_run_again_replaces_what_followed(tmp_path: Path) -> None:
    log = make_log(tmp_path, verbose=False)
    for epoch, loss in [(0, 3.0), (1, 2.0), (2, 1.0), (1, 1.5)]:
        log.on_epoch_end(epoch, {"loss": loss})
    assert [(line["step"], line["loss"]) for line in read_log(tmp_path)] == [(10, 3.0), (20, 1.5)]


def test_tensorboard_reads_the_figures(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    from tensorboardX.proto import event_pb2

    log = make_log(tmp_path, verbose=False)
    log.on_epoch_end(0, {"loss": 3.0})
    log.on_epoch_end(1, {"loss": 2.0})
    seen = []
    for path in sorted((tmp_path / "tensorboard").iterdir()):
        data = path.read_bytes()
        while data:  # a record: its length, a checksum, the event, a checksum
            length = int.from_bytes(data[:8], "little")
            event = event_pb2.Event.FromString(data[12 : 12 + length])
            seen += [(v.tag, event.step, v.simple_value) for v in event.summary.value]
            data = data[16 + length :]
    assert ("loss", 10, 3.0) in seen and ("loss", 20, 2.0) in seen
    assert ("learning_rate", 20, 0.25) in seen


def test_the_picture_is_of_the_log(tmp_path: Path) -> None:
    lines = [{"step": 1, "loss": 1.0, "accuracy": 0.5, "learning_rate": 1.0, "filled": {}}] * 2
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    plot_log(tmp_path)
    assert (tmp_path / "log.png").stat().st_size > 1000
