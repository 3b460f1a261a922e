"""kill -9 at random moments: what comes out is what an unbroken run gives, bit for bit."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kerabert.corpora import write_shard
from tests.corpora.corpus import make_documents, make_tokenizer
from tests.training.killed_run import EPOCHS, STEPS

KILLS = 30


def start(folder: Path, seed: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.training.killed_run", str(folder), str(seed)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def read_losses(folder: Path) -> dict[int, set[str]]:
    """What each step's loss was, each time that it was run."""
    losses: dict[int, set[str]] = {}
    for line in (folder / "losses.txt").read_text().splitlines(keepends=True):
        if line.endswith("\n"):  # else the kill cut it off
            step, loss = line.split()
            losses.setdefault(int(step), set()).add(loss)
    return losses


@pytest.mark.slow
def test_thirty_kills_change_nothing(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    (tmp_path / "shards").mkdir()
    for number in range(3):
        documents = make_documents(seed=number)
        names = [str(i) for i in range(len(documents))]
        write_shard(tmp_path / "shards" / f"part-{number}.parquet", documents, names, tokenizer)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    assert start(whole, 1).wait(600) == 0
    # The first weights are those of the first seed in both.
    rng = np.random.default_rng()
    kills = 0
    log = killed / "losses.txt"
    log.touch()
    while not (killed / "done").exists():
        process = start(killed, 1 if not any(killed.glob("states/*.npz")) else 100 + kills)
        if kills < KILLS:
            wanted = len(log.read_bytes().splitlines()) + int(rng.integers(1, 9))
            while process.poll() is None and len(log.read_bytes().splitlines()) < wanted:
                time.sleep(0.001)
            time.sleep(rng.random() * 0.05)
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
        process.wait(600)
    print(f"\n{kills} kills")
    assert kills == KILLS
    expected, found = read_losses(whole), read_losses(killed)
    assert list(expected) == list(range(EPOCHS * STEPS))
    assert found == expected  # each loss of a step that was run again is the same one, too
    one, other = np.load(whole / "weights.npz"), np.load(killed / "weights.npz")
    for name in one.files:
        np.testing.assert_array_equal(one[name], other[name])
