import importlib.util
import os
import subprocess
import sys
import types

import pytest

from tests import run


@pytest.fixture
def calls(monkeypatch):
    """The pytest processes that would run; `calls.codes` says how they end."""
    calls = types.SimpleNamespace(codes={}, installed=set(run.BACKENDS), made=[])

    def fake_run(command, *, cwd, env, check):
        shared = [sys.executable, "-m", "pytest", *run.SHARED]
        calls.made.append((env["KERAS_BACKEND"], command[len(shared) :]))
        assert command[: len(shared)] == shared
        assert cwd == run.REPOSITORY
        return types.SimpleNamespace(returncode=calls.codes.get(env["KERAS_BACKEND"], 0))

    monkeypatch.setattr(subprocess, "run", fake_run)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: object() if name in calls.installed else None
    )
    return calls


def test_each_backend_once_with_the_arguments(calls, capsys):
    assert run.main(["-k", "text", "-x"]) == 0
    assert calls.made == [(name, ["-k", "text", "-x"]) for name in ("tensorflow", "jax", "torch")]
    output = capsys.readouterr().out
    assert all(f"Testing on {name} =" in output for name in run.BACKENDS)
    assert "NOT TESTED" not in output


def test_the_worst_code_counts(calls, capsys):
    calls.codes = {"tensorflow": 1, "jax": -11}
    assert run.main([]) == 139
    assert len(calls.made) == 3  # a failure does not hide the other backends
    output = capsys.readouterr().out
    assert "tensorflow: FAILED (1)" in output
    assert "jax: FAILED (139)" in output
    assert "torch: passed" in output


def test_a_missing_backend_is_told(calls, capsys):
    calls.installed = {"jax"}
    assert run.main([]) == 0
    assert [backend for backend, _ in calls.made] == ["jax"]
    output = capsys.readouterr().out
    assert "torch: NOT TESTED, it is not installed: pip install -e '.[torch]'" in output
    assert "tensorflow: NOT TESTED" in output


def test_a_missing_backend_that_was_named_fails(calls):
    calls.installed = {"jax"}
    assert run.main(["--backends", "jax", "torch"]) == 1
    assert [backend for backend, _ in calls.made] == ["jax"]


def test_no_backend_at_all_fails(calls):
    calls.installed = set()
    assert run.main([]) == 1


def test_an_unknown_backend_is_refused(calls, capsys):
    with pytest.raises(SystemExit) as error:
        run.main(["--backends", "theano"])
    assert error.value.code == 2
    assert "invalid choice: 'theano'" in capsys.readouterr().err


def test_the_backend_is_what_the_environment_says():
    import keras

    assert os.environ.get("KERAS_BACKEND", keras.backend.backend()) == keras.backend.backend()
