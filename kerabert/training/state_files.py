"""The files of a run that can go on: each whole or not there, the last few kept."""

import json
import os
import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
FORMAT_VERSION = 1
_NAME = re.compile(r"step-(\d{9})\.npz")
_ABOUT = "about"


class TrainingState(NamedTuple):
    """Everything that a run needs to go on: what JSON can say, and arrays by name."""

    about: dict[str, Any]
    arrays: dict[str, Array]


def write_state(folder: Path, step: int, state: TrainingState, keep: int) -> Path:
    """Write a state, whole or not at all, then remove all but the last `keep` ones.

    It is a file `step-000001500.npz`: numpy's own format without pickled objects, in which every
    array has a checksum. It is written aside and flushed before it takes its name.

    Args:
        folder: `pathlib.Path` of the run, made if it is not there.
        step: int, the steps taken so far.
        state: `TrainingState`.
        keep: int, how many states stay.

    Returns:
        The path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{step:09d}.npz"
    about = json.dumps({"format_version": FORMAT_VERSION, **state.about}).encode()
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with aside.open("wb") as file:
            arrays: dict[str, Any] = {_ABOUT: np.frombuffer(about, "uint8"), **state.arrays}
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    _flush_directory(folder)
    for old in find_states(folder)[keep:]:
        old.unlink(missing_ok=True)
    return path


def find_states(folder: Path) -> list[Path]:
    """Return the paths of a run's states, the newest first."""
    if not folder.is_dir():
        return []
    return sorted((p for p in folder.iterdir() if _NAME.fullmatch(p.name)), reverse=True)


def read_newest_state(folder: Path) -> tuple[TrainingState, Path] | None:
    """Return the newest state that is whole, with its path; None where there is no state at all.

    Raises:
        ValueError: if there are states, and none is whole.
    """
    paths = find_states(folder)
    for path in paths:
        try:
            return read_state(path), path
        except ValueError as error:
            warnings.warn(f"{error} The state before it is taken.", stacklevel=2)
    if paths:
        raise ValueError(
            f"{folder}: one of the states of a run must be whole to go on with it. Received: "
            f"{len(paths)} damaged ones. Remove them to begin anew."
        )
    return None


def read_state(path: Path) -> TrainingState:
    """Read a state.

    Raises:
        ValueError: if it is damaged, or of a newer kerabert.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays.pop(_ABOUT).tobytes())
        version = about["format_version"]
    except Exception as error:  # damage takes many forms in the modules that read such files
        raise ValueError(f"{path}: must be a whole state. Received: {error}") from error
    if version != FORMAT_VERSION:
        raise ValueError(
            f"{path}: `format_version` must be {FORMAT_VERSION}. Received: {version!r}"
        )
    return TrainingState(about, arrays)


def _flush_directory(folder: Path) -> None:
    if os.name == "nt":  # directories cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
