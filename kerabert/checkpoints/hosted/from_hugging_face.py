"""Presets on the Hugging Face hub."""

import glob
import warnings
from pathlib import Path
from typing import Any

from kerabert.checkpoints.hosted.handles import Handle
from kerabert.checkpoints.hosted.hosted_files import TEXT_FILES, choose_files
from kerabert.checkpoints.manifest import MANIFEST, read_manifest


def import_hub(purpose: str) -> Any:
    """Return huggingface_hub, or raise `ValueError` if it is not installed."""
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.errors
    except ImportError as error:
        raise ValueError(
            f"{purpose}: huggingface_hub must be installed: pip install 'kerabert[hub]'."
        ) from error
    return huggingface_hub


def download_from_hugging_face(
    handle: Handle, weights: bool = True, load_pickled: bool = False
) -> Path:
    """Return the directory of a preset in huggingface_hub's cache; see `hosted.download`.

    The files are chosen before anything is downloaded. If the hub does not answer, or refuses,
    and the cache has a whole copy of that revision, that one is returned, with a warning.
    """
    hub = import_hub(str(handle))
    try:
        info = hub.HfApi().model_info(handle.path, revision=handle.revision)
    except Exception as error:  # of several HTTP libraries
        return _find_cached(hub, handle, weights, load_pickled, error)
    names = [file.rfilename for file in info.siblings or []]
    try:
        wanted = _read_manifest(hub, handle, info.sha) if MANIFEST in names else None
        if wanted is None:
            wanted = choose_files(names, str(handle), weights, load_pickled)
        return Path(
            hub.snapshot_download(
                handle.path,
                revision=handle.revision,
                allow_patterns=[glob.escape(name) for name in wanted],
            )
        )
    except Exception as error:
        if type(error) is ValueError:
            raise  # ours
        return _find_cached(hub, handle, weights, load_pickled, error)


def _read_manifest(hub: Any, handle: Handle, commit: str) -> list[str]:
    """The files of a preset of kerabert: those that its kerabert.json lists."""
    path = hub.hf_hub_download(handle.path, MANIFEST, revision=commit)
    manifest = read_manifest(Path(path).read_bytes(), f"{handle}: {MANIFEST}")
    return [MANIFEST, *manifest.files]


def _find_cached(
    hub: Any, handle: Handle, weights: bool, load_pickled: bool, error: Exception
) -> Path:
    """The copy in the cache, if it is whole; else a `ValueError` that says why there is none."""
    try:
        directory = Path(
            hub.snapshot_download(
                handle.path,
                revision=handle.revision,
                local_files_only=True,
                allow_patterns=list(TEXT_FILES),
            )
        )
        files = (path for path in directory.rglob("*") if path.is_file())
        names = [path.relative_to(directory).as_posix() for path in files]
        if MANIFEST not in names:
            choose_files(names, str(handle), weights, load_pickled)
    except (OSError, ValueError):
        raise ValueError(_explain(hub, handle, error)) from error
    warnings.warn(
        f"{handle}: the copy in the cache is used, commit {directory.name}, since the hub could "
        f"not be asked ({_reason(error)}).",
        stacklevel=7,
    )
    return directory


def _explain(hub: Any, handle: Handle, error: Exception) -> str:
    errors = hub.errors
    page = f"https://huggingface.co/{handle.path}"
    log_in = "log in by `hf auth login`, or set HF_TOKEN"
    if isinstance(error, errors.GatedRepoError):
        return f"{handle}: the conditions on {page} must be accepted, and you must {log_in}."
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"{handle}: must be a model on the hub; if it is a private one, {log_in}."
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{handle}: the revision must be a branch, a tag or a commit that {page} has."
    if isinstance(error, errors.OfflineModeIsEnabled):
        return (
            f"{handle}: must be whole in the cache {hub.constants.HF_HUB_CACHE}, since "
            "HF_HUB_OFFLINE forbids to download it."
        )
    return (
        f"{handle}: must be whole in the cache {hub.constants.HF_HUB_CACHE}, or the hub must be "
        f"within reach. Received: {_reason(error)}."
    )


def explain_refusal(hub: Any, handle: Handle, error: Exception) -> str:
    """Say what must hold for an upload that the hub refused."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403) or isinstance(error, hub.errors.RepositoryNotFoundError):
        return (
            f"{handle}: you must be logged in with a token that may write there: `hf auth login`, "
            f"or HF_TOKEN. Received: {_reason(error)}."
        )
    return f"{handle}: the hub must take the upload. Received: {_reason(error)}."


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
