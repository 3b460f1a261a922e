"""Presets on Kaggle, among them KerasHub's."""

import warnings
from pathlib import Path
from typing import Any

from kerabert.checkpoints.hosted.handles import Handle

_NOT_OPEN = (401, 403, 404)


def download_from_kaggle(handle: Handle) -> Path:
    """Return the directory of a preset in kagglehub's cache; see `hosted.download`.

    A version that the cache has needs no network. Without a version the newest is asked for; if
    Kaggle does not answer, the newest in the cache is returned, with a warning.
    """
    try:
        import kagglehub
    except ImportError as error:
        raise ValueError(
            f"{handle}: kagglehub must be installed: pip install 'kerabert[hub]'."
        ) from error
    name = handle.path if handle.revision is None else f"{handle.path}/{handle.revision}"
    try:
        return Path(kagglehub.model_download(name))
    except Exception as error:  # of several HTTP libraries
        directory = _find_cached(handle)
        if directory is None:
            raise ValueError(_explain(handle, error)) from error
        warnings.warn(
            f"{handle}: the copy in the cache is used, version {directory.name}, since Kaggle "
            f"could not be asked ({type(error).__name__}: {error}).",
            stacklevel=6,
        )
        return directory


def _folder(handle: Handle) -> Path:
    from kagglehub.config import get_cache_folder

    return Path(get_cache_folder(), "models", *handle.path.split("/"))


def _find_cached(handle: Handle) -> Path | None:
    """The newest version in the cache that is whole: a file `<version>.complete` is beside it."""
    folder = _folder(handle)
    versions = [
        int(mark.stem)
        for mark in folder.glob("*.complete")
        if mark.stem.isdecimal() and (folder / mark.stem).is_dir()
    ]
    if handle.revision is not None:
        versions = [version for version in versions if version == int(handle.revision)]
    return folder / str(max(versions)) if versions else None


def _explain(handle: Handle, error: Exception) -> str:
    response: Any = getattr(error, "response", None)
    if getattr(response, "status_code", None) in _NOT_OPEN:
        return (
            f"{handle}: must be a model on Kaggle that is open to you; if it is a private one or "
            "has conditions, accept them there and log in by `kagglehub.login()`. "
            f"Received: status {response.status_code}."
        )
    return (
        f"{handle}: must be whole in the cache {_folder(handle)}, or Kaggle must be within reach. "
        f"Received: {type(error).__name__}: {error}"
    )
