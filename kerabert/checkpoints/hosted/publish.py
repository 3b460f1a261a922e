"""Publishing a preset on the Hugging Face hub."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kerabert.checkpoints.hosted.from_hugging_face import explain_refusal, import_hub
from kerabert.checkpoints.hosted.handles import HUGGING_FACE, Handle, parse_handle
from kerabert.checkpoints.manifest import MANIFEST
from kerabert.checkpoints.model_card import CARD, make_model_card
from kerabert.checkpoints.preset_files import PresetFiles


def upload_preset(
    handle: str,
    directory: str | os.PathLike[str],
    *,
    license: str | None = None,
    language: str | Sequence[str] | None = None,
    base_model: str | None = None,
    description: str | None = None,
    data: str | None = None,
    scores: Mapping[str, float | str] | None = None,
    limits: str | None = None,
    private: bool = False,
    message: str = "Upload a preset of kerabert",
) -> str:
    """Publish a preset on the Hugging Face hub, and return the address of its page.

    The preset is verified against its checksums first. Then its files and its model card are
    uploaded in one commit; nothing else that lies in the directory is. The card is the
    directory's README.md. Where there is none, it is made of the preset and of what is given
    here; the directory stays as it is. Where there is one on the hub alone, that one stays,
    unless something is given here. To see the card first: `kerabert.checkpoints.make_model_card`.

    You must be logged in (`hf auth login`, or the environment variable HF_TOKEN).

    Args:
        handle: str, `hf://owner/name`. The repository is made if it is not there.
        directory: path of a preset that `save_to_preset` wrote.
        license: str, as the hub abbreviates it: "apache-2.0", "mit", "cc-by-4.0", "other". Needed
            for a card that is made.
        language: str or several, codes of two letters. Default: none is stated.
        base_model: str, `owner/name` of the model that this one was trained from. Default: none.
        description: str, what the model is for. Default: none.
        data: str, what it was trained on. Default: not stated.
        scores: dict from a measure and its data to the score. Default: not stated.
        limits: str, what it is not good for. Default: not stated.
        private: bool, whether a new repository is yours alone to see. One that is there stays as
            it is. Default False.
        message: str, of the commit.

    Raises:
        ValueError: if the directory is no whole preset of kerabert, the card's arguments are
            missing or the directory has a card already, or the hub refuses.
    """
    target = parse_handle(handle)
    if target.host != HUGGING_FACE or target.revision is not None:
        raise ValueError(f"`handle` must be hf://owner/name. Received: handle={handle!r}")
    about: dict[str, Any] = {
        "license": license,
        "language": language,
        "base_model": base_model,
        "description": description,
        "data": data,
        "scores": scores,
        "limits": limits,
    }
    about = {key: value for key, value in about.items() if value is not None}
    files = PresetFiles(Path(directory).expanduser())
    if files.manifest is None:
        raise ValueError(
            f"{files.path(MANIFEST)}: the file must exist: what is published is what "
            "`save_to_preset` wrote."
        )
    for name in files.manifest.files:
        files.open(name).close()
    card = _read_card(files, about)
    if card is None and about:
        card = _make_card(files, target, about)
    hub = import_hub(str(target))
    with _refusals(hub, target):
        api = hub.HfApi()
        if card is None and not _has_card(hub, api, target):
            card = _make_card(files, target, about)  # which asks for the licence
        page = api.create_repo(target.path, private=private, exist_ok=True)
        operations = [
            hub.CommitOperationAdd(name, os.path.realpath(files.path(name)))
            for name in (MANIFEST, *files.manifest.files)
        ]
        if card is not None:
            operations.append(hub.CommitOperationAdd(CARD, card))
        api.create_commit(target.path, operations, commit_message=message)
    return str(page)


def _read_card(files: PresetFiles, about: dict[str, Any]) -> bytes | None:
    """The card in the directory, which must not be there if another is to be made."""
    path = files.path(CARD)
    if not os.path.lexists(path):
        return None
    if about:
        raise ValueError(
            f"{path}: is the model card, so {', '.join(f'`{key}`' for key in about)} must not be "
            "given: write it there, or move the file away to have a new one made."
        )
    return files.read(CARD)


def _make_card(files: PresetFiles, target: Handle, about: dict[str, Any]) -> bytes:
    if "license" not in about:
        raise ValueError(
            f"`license` must be given, since there is no {files.path(CARD)} that states one. "
            "Received: license=None."
        )
    return make_model_card(files.directory, str(target), **about).encode()


def _has_card(hub: Any, api: Any, target: Handle) -> bool:
    try:
        return bool(api.file_exists(target.path, CARD))
    except hub.errors.RepositoryNotFoundError:
        return False


@contextlib.contextmanager
def _refusals(hub: Any, target: Handle) -> Any:
    """Turn what the hub's library raises into a `ValueError` that says what to do."""
    try:
        yield
    except Exception as error:
        if type(error) is ValueError:
            raise
        raise ValueError(explain_refusal(hub, target, error)) from error
