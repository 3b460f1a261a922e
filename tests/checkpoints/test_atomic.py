import os
import random
import subprocess
import sys
import time

import pytest

from kerabert.checkpoints import atomic
from kerabert.checkpoints.atomic import find_interrupted, replaced_directory
from kerabert.checkpoints.preset import load_preset
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.models.backbone import BertBackbone
from tests.checkpoints.presets import file_names
from tests.checks import REPOSITORY

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks and counts calls")


def own(directory):
    return {"a", "b"}


def save(target, **files):
    with replaced_directory(target, own) as aside:
        for name, text in files.items():
            (aside / name).write_text(text)


def read(directory):
    return {path.name: path.read_text() for path in directory.iterdir() if path.is_file()}


@pytest.fixture(params=["one step", "two steps"])
def steps(request, monkeypatch):
    if request.param == "two steps":
        monkeypatch.setattr(atomic, "exchange", lambda one, other: False)
    return request.param


def test_new_empty_and_existing_targets(tmp_path, steps):
    target = tmp_path / "deep" / "target"
    save(target, a="1", b="2")
    assert read(target) == {"a": "1", "b": "2"}
    save(target, a="3")
    assert read(target) == {"a": "3"}
    assert file_names(target.parent) == ["target"]
    (tmp_path / "empty").mkdir()
    save(tmp_path / "empty", a="4")
    assert read(tmp_path / "empty") == {"a": "4"}


def test_other_files_stay(tmp_path, steps):
    target = tmp_path / "target"
    save(target, a="1")
    (target / "README.md").write_text("mine")
    (target / "logs").mkdir()
    (target / "logs" / "x").write_text("log")
    (target / "link").symlink_to("nowhere")
    target.chmod(0o750)
    save(target, b="2")
    assert read(target) == {"b": "2", "README.md": "mine"}
    assert (target / "logs" / "x").read_text() == "log"
    assert str((target / "link").readlink()) == "nowhere"
    assert target.stat().st_mode & 0o777 == 0o750


def test_a_file_that_stays_is_not_overwritten(tmp_path):
    target = tmp_path / "target"
    save(target, a="1")
    (target / "c").write_text("mine")
    with pytest.raises(ValueError, match="not of the preset that is there"):
        save(target, c="new")
    assert read(target) == {"a": "1", "c": "mine"}


def test_a_file_is_no_target(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(ValueError, match=r"saved to a directory. Received: the file .*file'"):
        save(path, a="1")


def test_what_must_not_be_replaced_is_not(tmp_path):
    def refuse(directory):
        raise ValueError("not this one")

    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "x").write_text("mine")
    with (
        pytest.raises(ValueError, match="not this one"),
        replaced_directory(tmp_path / "target", refuse),
    ):
        pytest.fail("the block must not begin")
    assert read(tmp_path / "target") == {"x": "mine"}
    assert file_names(tmp_path) == ["target"]


def test_an_error_leaves_nothing(tmp_path, steps):
    target = tmp_path / "target"
    for before in ({}, {"a": "1"}):
        with pytest.raises(RuntimeError), replaced_directory(target, own) as aside:
            (aside / "b").write_text("half")
            raise RuntimeError
        assert not target.exists() if not before else read(target) == before
        save(target, a="1")
    assert file_names(tmp_path) == ["target"]


def test_an_error_while_renaming_puts_the_old_one_back(tmp_path, monkeypatch):
    target = tmp_path / "target"
    save(target, a="1")
    monkeypatch.setattr(atomic, "exchange", lambda one, other: False)
    rename = type(target).rename

    def fail(self, other):
        if ".new-" in self.name:
            raise OSError("no")
        return rename(self, other)

    monkeypatch.setattr(type(target), "rename", fail)
    with pytest.raises(OSError, match="no"):
        save(target, a="2")
    assert read(target) == {"a": "1"}
    assert file_names(tmp_path) == ["target"]


def test_a_link_to_a_directory_is_followed(tmp_path):
    save(tmp_path / "real", a="1")
    (tmp_path / "link").symlink_to("real")
    save(tmp_path / "link", a="2")
    assert (tmp_path / "link").is_symlink()
    assert read(tmp_path / "real") == {"a": "2"}


def test_leftovers_are_cleared_but_not_of_living_processes(tmp_path):
    target = tmp_path / "target"
    (tmp_path / ".target.new-0123456789abcdef").mkdir()
    (tmp_path / ".target.old-0123456789abcdef").mkdir()
    (tmp_path / ".other.new-0123456789abcdef").mkdir()
    save(target, a="0")
    assert file_names(tmp_path) == [".other.new-0123456789abcdef", "target"]
    with replaced_directory(target, own) as first:
        save(target, a="1")
        assert first.is_dir()
        (first / "a").write_text("2")
    assert read(target) == {"a": "2"}
    assert file_names(tmp_path) == [".other.new-0123456789abcdef", "target"]


def test_a_replacement_cut_between_its_two_renames(tmp_path):
    target = tmp_path / "tar[g]et*"
    save(target, a="1")
    target.rename(tmp_path / ".tar[g]et*.old-0123456789abcdef")
    assert read(find_interrupted(target)) == {"a": "1"}
    with pytest.raises(RuntimeError), replaced_directory(target, own):
        assert read(target) == {"a": "1"}
        raise RuntimeError
    assert find_interrupted(target) is None
    assert file_names(tmp_path) == ["tar[g]et*"]


# Presets, and processes killed while they save them. A server process with Keras' own numpy
# backend forks a child for each save: starting Python anew would take seconds each time.

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
    saver.process.wait(timeout=10)


@pytest.fixture
def saver(server, tmp_path):
    server.begin(tmp_path / "preset")
    return server


@linux
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
        killed, _ = saver.save(i % 2, "time", moments.uniform(0, 1.3 * duration))
        kills += killed
        saver.check()
        if i % 20 == 0:
            load_preset(BertBackbone, saver.target)
    assert kills > tries / 4
    saver.save(0)
    assert saver.check() == 0
    assert file_names(saver.target.parent) == ["preset", "preset-0", "preset-1"]


@linux
def test_killed_at_random_moments(saver):
    kill_at_random_moments(saver, 15)


@linux
@pytest.mark.slow
def test_killed_at_200_random_moments(saver):
    kill_at_random_moments(saver, 200)
