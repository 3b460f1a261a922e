"""Where presets are: those that ship with the library, and the user's directories."""

import os
from pathlib import Path

from kerabert.checkpoints.atomic import find_interrupted
from kerabert.checkpoints.manifest import MANIFEST


def presets_folder() -> Path:
    """Return the folder of the presets that ship with the library.

    It is `kerabert/presets/` in an installed package. In a checkout and in an editable install it
    is `presets/` at the top of the repository.
    """
    package = Path(__file__).resolve().parent.parent
    installed = package / "presets"
    return installed if installed.is_dir() else package.parent / "presets"


def list_presets() -> list[str]:
    """Return the names of the presets that ship with the library.

    Example:

    >>> isinstance(list_presets(), list)
    True
    """
    folder = presets_folder()
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if (path / MANIFEST).is_file())


def find_preset(preset: str | os.PathLike[str]) -> Path:
    """Return the directory of a preset.

    Args:
        preset: a name from `list_presets()`, or the path of a directory.

    Raises:
        ValueError: if there is none, or the preset would have to be downloaded.
    """
    name = os.fspath(preset) if isinstance(preset, str | os.PathLike) else preset
    if not isinstance(name, str) or not name or "\0" in name:
        raise ValueError(f"`preset` must be a name or a path. Received: preset={preset!r}")
    if "://" in name:
        raise ValueError(
            "`preset` must be a name from `kerabert.list_presets()` or a directory: hosted "
            f"presets are not supported yet. Received: preset={name!r}"
        )
    known = list_presets()
    if name in known and isinstance(preset, str):
        return presets_folder() / name
    directory = Path(name).expanduser()
    if directory.is_dir():
        return directory
    if (interrupted := find_interrupted(directory)) is not None:
        return interrupted
    if directory.exists():
        raise ValueError(f"`preset` must be a directory, not a file. Received: preset={name!r}")
    raise ValueError(
        f"`preset` must be one of {known} or the path of a directory. Received: preset={name!r}"
    )
