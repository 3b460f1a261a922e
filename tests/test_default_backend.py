import os
import sys

import pytest

from kerabert import default_backend


@pytest.fixture
def choose(monkeypatch, tmp_path):
    def run(installed, environment=None, config="", keras_is_imported=False):
        with monkeypatch.context() as patch:
            patch.setattr(default_backend, "find_spec", lambda name: name in installed or None)
            patch.setenv("KERAS_HOME", str(tmp_path))
            (tmp_path / "keras.json").write_text(config)
            # Whatever `choose_backend` sets is undone with the rest.
            patch.setenv("KERAS_BACKEND", environment or "")
            if environment is None:
                del os.environ["KERAS_BACKEND"]
            if not keras_is_imported:
                patch.delitem(sys.modules, "keras")
            default_backend.choose_backend()
            return os.environ.get("KERAS_BACKEND")

    return run


def test_an_installed_backend_is_taken_in_place_of_a_missing_one(choose):
    assert choose(["jax", "torch"]) == "jax"
    assert choose(["torch"]) == "torch"
    assert choose(["torch"], config='{"backend": "tensorflow"}') == "torch"
    assert choose(["torch"], config="damaged") == "torch"


def test_what_was_chosen_stays(choose):
    assert choose(["tensorflow", "jax"]) is None
    assert choose(["jax"], environment="torch") == "torch"
    assert choose(["jax", "torch"], config='{"backend": "torch"}') is None
    assert choose(["jax"], keras_is_imported=True) is None
    assert choose([]) is None
