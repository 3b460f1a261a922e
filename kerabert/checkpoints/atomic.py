"""Replacing a directory so that at any moment it is the old one or the new one, whole."""

import contextlib
import ctypes
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_AT_FDCWD = -100 if sys.platform.startswith("linux") else -2
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS


@contextlib.contextmanager
def replaced_directory(target: Path, find_own_files: Callable[[Path], set[str]]) -> Iterator[Path]:
    """Give an empty directory to write into; at the end it takes the target's place.

    It lies beside the target. When the block ends well, everything in it is flushed to the disk,
    and it changes places with the target in one step, or in two where the system has no such
    call. When the block raises, or the process dies, the target is as it was. What dead
    processes left beside the target is cleared away.

    Files in an old target that are not the old preset's own are carried over.

    Args:
        target: `pathlib.Path`, the directory to make or to replace.
        find_own_files: from an existing directory to the paths of its files that are to go,
            relative to it and with "/" between their parts; raises `ValueError` if the directory
            must not be replaced.

    Raises:
        ValueError: if the target must not be replaced, or a file that is to be carried over has
            a new file's name.
    """
    target = Path(os.path.realpath(target.expanduser()))
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(target)
    _check_target(target, find_own_files)
    aside, lock = _make_aside(target)
    try:
        yield aside
        own = _check_target(target, find_own_files)
        if own is not None:
            _carry_over(target, aside, own)
        _flush(aside)
        _put_in_place(aside, target)
        _flush_directory(target.parent)
    finally:
        _remove(aside)
        os.close(lock) if lock is not None else None


def find_interrupted(target: Path) -> Path | None:
    """Return where a directory is whose replacement was cut short between two renames.

    Only where the system cannot exchange two directories in one step.
    """
    target = Path(os.path.realpath(target))
    if os.path.lexists(target) or not target.parent.is_dir():
        return None
    kept = sorted(target.parent.glob(f".{_escape(target.name)}.old-*"))
    return kept[-1] if kept else None


def exchange(one: Path, other: Path) -> bool:
    """Let two directories change places in one step; False where the system cannot."""
    try:
        system = ctypes.CDLL(None, use_errno=True)
        call = system.renameat2 if sys.platform.startswith("linux") else system.renameatx_np
    except (OSError, AttributeError, TypeError):
        return False
    names = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    return bool(call(*names, ctypes.c_uint(_EXCHANGE)) == 0)


def _put_in_place(aside: Path, target: Path) -> None:
    if not target.exists() or not any(target.iterdir()):
        if os.name == "nt" and target.exists():
            target.rmdir()
        aside.rename(target)
    elif not exchange(aside, target):
        kept = _beside(target, "old")
        target.rename(kept)
        try:
            aside.rename(target)
        except BaseException:
            kept.rename(target)
            raise
        _flush_directory(target.parent)
        _remove(kept)


def _check_target(target: Path, find_own_files: Callable[[Path], set[str]]) -> set[str] | None:
    """The paths of the files of an existing target that are to go; None if there is none."""
    if not os.path.lexists(target):
        return None
    if not target.is_dir():
        raise ValueError(
            f"A preset must be saved to a directory. Received: the file {str(target)!r}."
        )
    return find_own_files(target) if any(target.iterdir()) else None


def _carry_over(target: Path, aside: Path, own: set[str]) -> None:
    """Copy what is not the old preset's own; a folder that holds both is gone through."""
    for path in target.iterdir():
        if path.name in own:
            continue
        copy = aside / path.name
        is_folder = path.is_dir() and not path.is_symlink()
        inner = {
            name.removeprefix(f"{path.name}/") for name in own if name.startswith(f"{path.name}/")
        }
        if is_folder and (inner or copy.is_dir()):
            copy.mkdir(exist_ok=True)
            _carry_over(path, copy, inner)
            if not any(copy.iterdir()):
                copy.rmdir()
            continue
        if os.path.lexists(copy):
            raise ValueError(
                f"{path}: the file is not of the preset that is there, and the new one must not "
                "overwrite it. Move it away first."
            )
        if is_folder:
            shutil.copytree(path, copy, symlinks=True)
        else:
            shutil.copy2(path, copy, follow_symlinks=False)
    shutil.copymode(target, aside)


# Names beside the target, and who may remove them.


def _beside(target: Path, kind: str) -> Path:
    return target.parent / f".{target.name}.{kind}-{secrets.token_hex(8)}"


def _make_aside(target: Path) -> tuple[Path, int | None]:
    """Make a directory beside the target, locked for as long as this process lives."""
    while True:
        aside = _beside(target, "new")
        aside.mkdir()
        lock = _lock(aside)
        # Another process may have taken it for a leftover before it was locked.
        if fcntl is None or (lock is not None and aside.is_dir()):
            return aside, lock
        if lock is not None:
            os.close(lock)


def _lock(directory: Path) -> int | None:
    """Lock a directory and return the descriptor that holds the lock; None if it is locked."""
    if fcntl is None:
        return None
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _clear_leftovers(target: Path) -> None:
    """Remove what dead processes left, and undo a replacement that they had half done."""
    kept = find_interrupted(target)
    if kept is not None:
        kept.rename(target)
    name = _escape(target.name)
    for path in [*target.parent.glob(f".{name}.new-*"), *target.parent.glob(f".{name}.old-*")]:
        lock = _lock(path)
        if lock is not None:
            _remove(path)
            os.close(lock)


def _escape(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _remove(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)


# To the disk.


def _flush(directory: Path) -> None:
    for folder, _, files in os.walk(directory):
        for name in files:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                _flush_file(path)
        _flush_directory(Path(folder))


def _flush_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_directory(directory: Path) -> None:
    if os.name != "nt":
        _flush_file(directory)
