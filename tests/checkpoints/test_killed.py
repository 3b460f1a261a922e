"""Processes killed while they save a preset: the old one or the new one is there, whole.

A server process with Keras' own numpy backend forks a child for each save: starting Python anew
would take seconds each time.
"""

import os
import random
import subprocess
import sys
import time

import pytest

from kerabert.checkpoints.atomic import find_interrupted
from kerabert.checkpoints.preset import load_preset
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.models.backbone import BertBackbone
from tests.checkpoints.presets import file_names
from tests.checks import REPOSITORY

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="forks, and counts calls"
)

SERVER = """
import os, signal, sys, time
import keras
import numpy as np
from pathlib import Path
from kerabert.checkpoints import atomic
from kerabert.checkpoints.preset import save_preset
from kerabert.models.backbone import BertBackbone

models, count = [], 0
for seed in (0, 1):
    model = BertBackbone(17, 8, num_layers=2, num_heads=2, intermediate_dim=16)
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(generator.normal(size=weight.shape))
    models.append(model)

def die_at(limit):
    def hook(event, arguments):
        global count
        is_path = event == "open" or event.startswith(("os.", "shutil.")) or "dlsym" in event
        if is_path and (sys.platform in repr(arguments) or "preset" in repr(arguments)):
            count += 1
            if count == limit:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

print("ready", flush=True)
for line in sys.stdin:
    command, number, argument, target = line.split(maxsplit=3)
    target = target.strip()
    child = os.fork()
    if child == 0:
        if command == "steps":
            atomic.exchange = lambda one, other: False
        if command in ("call", "steps"):
            die_at(int(argument))
        save_preset(models[int(number)], target)
        os._exit(0)
    if command == "time":
        time.sleep(float(argument))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    print("killed" if code == -signal.SIGKILL else f"done {code}", flush=True)
os._exit(0)
"""


class Saver:
    """Saves one of two presets to `target` and is killed meanwhile."""

    def __init__(self):
        environment = os.environ | {"KERAS_BACKEND": "numpy", "PYTHONPATH": str(REPOSITORY)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.process.stdout.readline() == "ready\n"

    def begin(self, target):
        self.manifests = []
        for number in (0, 1):
            self.target = target.parent / f"{target.name}-{number}"
            self.save(number)
            self.manifests.append((self.target / "kerabert.json").read_bytes())
        self.target = target

    def save(self, number, command="call", argument=0):
        """Save a preset; return whether the process was killed, and how long it took."""
        start = time.perf_counter()
        self.process.stdin.write(f"{command} {number} {argument} {self.target}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer in ("killed\n", "done 0\n"), answer
        return answer == "killed\n", time.perf_counter() - start

    def check(self):
        """Whether the old or the new preset is there, whole: return its number."""
        place = self.target if self.target.exists() else find_interrupted(self.target)
        files = PresetFiles(place)
        for name in files.manifest.files:
            files.read(name)
        return self.manifests.index((place / "kerabert.json").read_bytes())


@pytest.fixture(scope="module")
def server():
    saver = Saver()
    yield saver
    saver.process.stdin.close()
    saver.process.wait(timeout=60)


@pytest.fixture
def saver(server, tmp_path):
    server.begin(tmp_path / "preset")
    return server


@pytest.mark.parametrize("command", ["call", "steps"])
def test_killed_at_every_call_to_the_file_system(saver, command):
    assert saver.save(0) == (False, pytest.approx(0, abs=10))
    call, current, seen, killed = 0, 0, set(), True
    while killed:
        call += 1
        killed, _ = saver.save(1 - current, command, call)
        left = saver.check()
        seen.add(left == current)
        current = left
    assert call > 20  # it was killed at so many places
    assert seen == {True, False}  # the old one was left, and the new one
    load_preset(BertBackbone, saver.target)
    assert file_names(saver.target.parent) == ["preset", "preset-0", "preset-1"]


def kill_at_random_moments(saver, tries):
    saver.save(0)
    duration = min(saver.save(0)[1] for _ in range(5))
    moments, kills = random.Random(0), 0
    for i in range(tries):
        killed, _ = saver.save(i % 2, "time", moments.uniform(0, duration))
        kills += killed
        saver.check()
        if i % 20 == 0:
            load_preset(BertBackbone, saver.target)
    assert kills > 0  # how many depends on how steady the machine is
    saver.save(0)
    assert saver.check() == 0
    assert file_names(saver.target.parent) == ["preset", "preset-0", "preset-1"]


def test_killed_at_random_moments(saver):
    kill_at_random_moments(saver, 15)


@pytest.mark.slow
def test_killed_at_200_random_moments(saver):
    kill_at_random_moments(saver, 200)
