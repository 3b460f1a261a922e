"""A stopped run that goes on must end as one that was never stopped."""

import os
import signal
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerabert import BertTextClassifier, ExactResume
from kerabert.models.inputs import is_dataset
from kerabert.training.state_files import find_states, read_newest_state
from tests.tiny import LABELS, TEXTS, make_backbone, make_tokenizer

EPOCHS, STEPS = 3, 8


def make_model() -> BertTextClassifier:
    backbone = make_backbone(num_layers=1)
    return BertTextClassifier(backbone, tokenizer=make_tokenizer(), num_classes=2)


class Stopped(Exception):
    """What stands for a crash."""


class Losses(keras.callbacks.Callback):
    """Writes down every loss, and ends the run at one of them."""

    def __init__(self, last: int | None = None, end: Any = None) -> None:
        super().__init__()
        self.losses: list[tuple[int, int, float]] = []
        self.last, self.end = last, end

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.losses.append((self.epoch, batch, logs["loss"]))
        if len(self.losses) == self.last:
            self.end()


def crash() -> None:
    raise Stopped


def ask_to_stop() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def run(
    directory: Path | None, losses: Losses | None = None, data: str = "texts", **kwargs: Any
) -> tuple[BertTextClassifier, Any, list[tuple[int, int, float]]]:
    """Train the same small classifier, with dropout and validation."""
    seed = kwargs.pop("seed", 3)
    model = BertTextClassifier(
        make_backbone(num_layers=1), tokenizer=make_tokenizer(), num_classes=2
    )
    model.compile(**kwargs.pop("compile", {}))
    keras.utils.set_random_seed(seed)
    losses = losses or Losses()
    callbacks: list[Any] = [losses, *kwargs.pop("others", [])]
    if directory is not None:
        kwargs = {"every_steps": 3, "verbose": False, **kwargs}
        resume_arguments = {k: kwargs.pop(k) for k in ("every_steps", "verbose")}
        callbacks.append(ExactResume(directory, **resume_arguments))
    x, y = TEXTS * 4, LABELS * 4
    if data == "arrays":
        ids = model.packer(model.tokenize_texts(x)[0])
        x, y = ids, np.array(y)
    settings = {"batch_size": 4, "epochs": EPOCHS, "validation_data": (TEXTS, LABELS)}
    history = model.fit(x, y, callbacks=callbacks, **{**settings, **kwargs, "verbose": 0})
    return model, history, losses.losses


def weights_of(model: Any) -> list[Any]:
    variables = [*model.weights, *model.optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assert_same_end(one: Any, other: Any) -> None:
    for a, b in zip(weights_of(one[0]), weights_of(other[0]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one[1].history == other[1].history
    assert one[1].epoch == other[1].epoch


@pytest.fixture(scope="module")
def whole_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Runs that were never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    return {data: run(folder / data, data=data) for data in ("texts", "arrays")}


@pytest.mark.parametrize("data", ["texts", "arrays"])
@pytest.mark.parametrize("last", [2, 13, 16, 23])
def test_a_run_that_crashed_ends_as_one_that_did_not(
    tmp_path: Path, whole_runs: dict[str, Any], data: str, last: int
) -> None:
    whole = whole_runs[data]
    with pytest.raises(Stopped):
        run(tmp_path, Losses(last, crash), data=data)
    # What is in the process must not matter: neither its seed nor the classifier's first weights.
    resumed = run(tmp_path, data=data, seed=99 if last > 2 else 3)
    assert_same_end(whole, resumed)
    assert resumed[2] == whole[2][-len(resumed[2]) :]
    assert len(resumed[2]) == {2: 24, 13: 13, 16: 10, 23: 2}[last]  # from steps 0, 11, 14 and 22


def test_it_changes_nothing_in_a_run_on_texts(tmp_path: Path) -> None:
    plain, kept = run(None), run(tmp_path)
    if keras.backend.backend() == "torch":
        # There PyTorch's generator, which dropout draws from, is also drawn from by its loaders.
        kept[1].history.clear(), plain[1].history.clear()
        assert [loss for *_, loss in plain[2]][:STEPS] == [loss for *_, loss in kept[2]][:STEPS]
    else:
        assert_same_end(plain, kept)


def test_ctrl_c_saves_the_very_step(tmp_path: Path, whole_runs: dict[str, Any]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Losses(13, ask_to_stop), every_steps=None)
    state, path = read_newest_state(tmp_path)
    assert (path.name, state.about["epoch"], state.about["step"]) == ("step-000000013.npz", 1, 5)
    assert signal.getsignal(signal.SIGINT) is before
    resumed = run(tmp_path, every_steps=None)
    assert len(resumed[2]) == EPOCHS * STEPS - 13
    assert_same_end(whole_runs["texts"], resumed)


def test_sigterm_ends_with_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, Losses(4, lambda: os.kill(os.getpid(), signal.SIGTERM)))
    assert ended.value.code == 143
    assert find_states(tmp_path)[0].name == "step-000000004.npz"


def test_a_finished_run_is_not_trained_again_but_longer_if_asked(tmp_path: Path) -> None:
    whole = run(tmp_path)
    again = run(tmp_path)
    assert again[2] == []
    assert_same_end(whole, again)
    longer = run(tmp_path, epochs=EPOCHS + 1)
    assert [loss[0] for loss in longer[2]] == [EPOCHS] * STEPS
    assert longer[1].epoch == list(range(EPOCHS + 1))


def test_other_callbacks_count_on(tmp_path: Path) -> None:
    def early() -> Any:
        # Nothing ever gets better by as much, so it stops after two epochs without a better one.
        return keras.callbacks.EarlyStopping("val_loss", patience=2, min_delta=100.0)

    with pytest.raises(Stopped):
        run(tmp_path, Losses(STEPS + 2, crash), others=[early()], epochs=9)
    resumed = run(tmp_path, others=[early()], epochs=9)
    assert resumed[1].epoch == [0, 1, 2]
    assert run(tmp_path, others=[early()], epochs=9)[2] == []  # stopped early, that is finished


def test_the_plan_of_the_learning_rate_is_that_of_the_whole_run(tmp_path: Path) -> None:
    class Rates(Losses):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            logs = {"loss": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))}
            if hasattr(self.model, "jax_state_sync"):
                self.model.jax_state_sync()
            super().on_train_batch_end(batch, logs)

    whole = run(None, Rates())
    with pytest.raises(Stopped):
        run(tmp_path, Rates(13, crash))
    resumed = run(tmp_path, Rates())
    assert resumed[2] == whole[2][-len(resumed[2]) :]


def test_the_bar_counts_all_steps_and_times_those_that_are_run(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        run(tmp_path, Losses(6, crash), others=[keras.callbacks.ProgbarLogger()])
    seen = []

    class ProgbarLogger(keras.callbacks.ProgbarLogger):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            super().on_train_batch_end(batch, logs)
            bar = self.progbar
            bar._start, bar._time_after_first_step = 0.0, 0.0
            seen.append((self.seen, bar._estimate_step_duration(self.seen, 12.0)))

    run(tmp_path, others=[ProgbarLogger()])
    # From step 3 of 8: after 2, 3 and 4 steps of one's own, 12 seconds after the first.
    assert seen[1:4] == [(5, 12.0), (6, 6.0), (7, 4.0)]


def test_only_the_last_states_stay(tmp_path: Path) -> None:
    run(tmp_path, every_steps=1)
    names = [path.name for path in find_states(tmp_path)]
    assert names == ["step-000000024.npz", "step-000000023.npz"]
    assert {path.name for path in tmp_path.iterdir()} == set(names)  # nothing else


def test_a_damaged_state_is_passed_over(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    with pytest.raises(Stopped):
        run(tmp_path / "cut", Losses(13, crash))
    newest = find_states(tmp_path / "cut")[0]
    data = newest.read_bytes()
    newest.write_bytes(data[: len(data) // 2])
    with pytest.warns(UserWarning, match=newest.name):
        assert_same_end(whole, run(tmp_path / "cut"))


def test_a_full_disk_warns_and_at_the_end_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    losses = Losses()
    with (
        pytest.warns(UserWarning, match="could not be saved.*No space"),
        pytest.raises(OSError, match="No space"),
    ):
        run(tmp_path, losses)
    assert len(losses.losses) == EPOCHS * STEPS
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 8}, "`steps` must be that of the run"),
        ({"others": [keras.callbacks.TerminateOnNaN()]}, "`callbacks` must be that of the run"),
        ({"compile": {"optimizer": "sgd"}}, "must be the state of this model"),
        ({"steps_per_epoch": 3}, "`steps_per_epoch` must be None or the number of batches, 8"),
    ],
)
def test_another_run_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(Stopped):
        run(tmp_path, Losses(5, crash))
    with pytest.raises(ValueError, match=message):
        run(tmp_path, **change)


def test_data_without_a_place_are_refused(tmp_path: Path) -> None:
    model = BertTextClassifier(
        make_backbone(num_layers=1), tokenizer=make_tokenizer(), num_classes=2
    )
    batch = (model.packer([[5, 6]]), np.array([1]))
    data = (batch for _ in range(3))
    assert is_dataset(data)
    with pytest.raises(ValueError, match=r"`state_at` and `restore`.*generator"):
        model.fit(data, callbacks=[ExactResume(tmp_path)], steps_per_epoch=3, verbose=0)


def test_it_is_refused_by_other_models_and_in_pairs(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="must be given to the `fit` of a kerabert model"):
        model.fit(np.ones((4, 2)), np.ones(4), callbacks=[ExactResume(tmp_path)], verbose=0)
    with pytest.raises(ValueError, match="one `ExactResume` at most"):
        run(tmp_path, others=[ExactResume(tmp_path)])


@pytest.mark.parametrize(
    "argument", [{"every_seconds": 0.0}, {"every_steps": 0}, {"keep": 0}, {"keep": 1.5}]
)
def test_arguments_out_of_range_are_refused(tmp_path: Path, argument: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(argument))):
        ExactResume(tmp_path, **argument)
