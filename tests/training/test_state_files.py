from pathlib import Path

import numpy as np
import pytest

from kerabert.training.state_files import (
    TrainingState,
    find_states,
    read_newest_state,
    read_state,
    write_state,
)

ARRAYS = {"00000:a/kernel": np.arange(6, dtype="float32").reshape(2, 3), "b": np.array(7, "int64")}


def write(folder: Path, step: int, keep: int = 2) -> Path:
    return write_state(folder, step, TrainingState({"step": step}, ARRAYS), keep)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    state = read_state(write(tmp_path / "new" / "folder", 5))
    assert state.about["step"] == 5
    assert list(state.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(state.arrays[name], array)
        assert state.arrays[name].dtype == array.dtype


def test_the_newest_is_read_and_the_last_ones_stay(tmp_path: Path) -> None:
    assert read_newest_state(tmp_path) is None
    assert read_newest_state(tmp_path / "not there") is None
    for step in (9, 10, 1000000):
        write(tmp_path, step)
    (tmp_path / "step-9.npz").write_text("of somebody else")
    state, path = read_newest_state(tmp_path)
    assert (state.about["step"], path.name) == (1000000, "step-001000000.npz")
    assert [p.name for p in find_states(tmp_path)] == ["step-001000000.npz", "step-000000010.npz"]


def test_a_changed_byte_and_a_cut_are_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, 1)
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    # A changed byte of padding or of a time changes nothing that is read.
    outcomes = set()
    for place in rng.integers(len(data), size=200).tolist():
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            state = read_state(path)
        except ValueError as error:
            assert path.name in str(error)
            outcomes.add("refused")
            continue
        outcomes.add("equal")
        assert state.about["step"] == 1
        assert all(np.array_equal(state.arrays[name], ARRAYS[name]) for name in ARRAYS)
    assert outcomes == {"refused", "equal"}
    for length in range(0, len(data), 37):
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match=path.name):
            read_state(path)


def test_pickled_objects_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "step-000000001.npz"
    np.savez(path, about=np.array([{"format_version": 1}], dtype=object))
    with pytest.raises(ValueError, match="must be a whole state"):
        read_state(path)


def test_where_all_are_damaged_it_says_so(tmp_path: Path) -> None:
    write(tmp_path, 1).write_bytes(b"no")
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="Remove them to begin anew"):
        read_newest_state(tmp_path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = write_state(tmp_path, 1, TrainingState({"format_version": 2}, {}), 1)
    with pytest.raises(ValueError, match="`format_version` must be 1"):
        read_state(path)
