"""kerabert.json: what a preset is, and the checksums of its files."""

import hashlib
import importlib.metadata
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerabert.checkpoints.json_file import dump_json, parse_json

MANIFEST = "kerabert.json"
FORMAT_VERSION = 1
_KEYS = {
    "format_version",
    "kerabert_version",
    "class",
    "settings",
    "tokenizer",
    "files",
    "checksum",
}


@dataclass(frozen=True)
class ListedFile:
    """What kerabert.json states of a file."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What kerabert.json says.

    Attributes:
        class_name: str, the class that was saved.
        settings: dict, the head's constructor arguments.
        tokenizer: dict or None, the tokenizer's arguments that tokenizer_config.json cannot hold;
            None if no tokenizer was saved.
        files: dict from file name to `ListedFile`, every file of the preset but kerabert.json.
    """

    class_name: str
    settings: dict[str, Any]
    tokenizer: dict[str, Any] | None
    files: dict[str, ListedFile]


def write_manifest(
    directory: Path, class_name: str, settings: dict[str, Any], tokenizer: dict[str, Any] | None
) -> None:
    """Write kerabert.json beside the files that are in the directory and its folders now."""
    files = {}
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            entry = {"size": os.fstat(file.fileno()).st_size, "sha256": digest}
            files[path.relative_to(directory).as_posix()] = entry
    content = {
        "format_version": FORMAT_VERSION,
        "kerabert_version": _own_version(),
        "class": class_name,
        "settings": settings,
        "tokenizer": tokenizer,
        "files": files,
    }
    content["checksum"] = _checksum(content)
    (directory / MANIFEST).write_bytes(dump_json(content))


def read_manifest(data: bytes, path: str) -> Manifest:
    """Check what kerabert.json holds, its own checksum included.

    Args:
        data: bytes, what the file holds.
        path: str, the file's path, for errors.

    Raises:
        ValueError: if the file is damaged, of another format version, or names a file that is
            not in the directory.
    """
    content = parse_json(data, path)
    version = content.get("format_version")
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise ValueError(
            f"{path}: `format_version` must be {FORMAT_VERSION}, the one that this version of "
            f"kerabert reads. Received: format_version={version!r}"
        )
    if set(content) != _KEYS:
        raise ValueError(f"{path}: must have the keys {sorted(_KEYS)}. Received: {sorted(content)}")
    if content["checksum"] != _checksum(content):
        raise ValueError(
            f"{path}: `checksum` must be that of the file's content: the file is damaged or was "
            f"changed. Received: checksum={content['checksum']!r}"
        )
    class_name, settings, tokenizer = (content[key] for key in ("class", "settings", "tokenizer"))
    if not isinstance(class_name, str):
        raise ValueError(f"{path}: `class` must be a string. Received: class={class_name!r}")
    if not isinstance(settings, dict):
        raise ValueError(f"{path}: `settings` must be an object. Received: settings={settings!r}")
    if not isinstance(tokenizer, dict | None):
        raise ValueError(
            f"{path}: `tokenizer` must be an object or null. Received: tokenizer={tokenizer!r}"
        )
    return Manifest(class_name, settings, tokenizer, _read_files(content["files"], path))


def is_plain_name(name: str) -> bool:
    """Whether a name stays in its directory, on every operating system."""
    return re.fullmatch(r"[^/\\:\0]+", name) is not None and name not in (".", "..")


def is_inner_path(name: str) -> bool:
    """Whether a path with "/" between its parts stays in its directory, and is not deep."""
    parts = name.split("/")
    return len(parts) <= 4 and all(is_plain_name(part) for part in parts)


def _read_files(files: Any, path: str) -> dict[str, ListedFile]:
    if not isinstance(files, dict):
        raise ValueError(f"{path}: `files` must be an object. Received: files={files!r}")
    for name, entry in files.items():
        if not is_inner_path(name) or name == MANIFEST:
            raise ValueError(
                f"{path}: `files` must name files within the directory. Received: {name!r}"
            )
        size, sha256 = (entry.get(key) if isinstance(entry, dict) else None for key in _FILE_KEYS)
        is_size = isinstance(size, int) and not isinstance(size, bool) and size >= 0
        if not is_size or not isinstance(sha256, str):
            raise ValueError(
                f"{path}: an entry of `files` must have a `size` and a `sha256`. "
                f"Received: {name}: {entry!r}"
            )
    return {name: ListedFile(entry["size"], entry["sha256"]) for name, entry in files.items()}


_FILE_KEYS = ("size", "sha256")


def _checksum(content: dict[str, Any]) -> str:
    """The SHA-256 of all but the checksum, independent of white space and order."""
    rest = {key: value for key, value in content.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _own_version() -> str:
    try:
        return importlib.metadata.version("kerabert")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def own_files(directory: Path) -> set[str]:
    """Return the paths of the files of the preset in a directory, relative to it.

    Raises:
        ValueError: if the directory holds something else than a preset of kerabert.
    """
    path = directory / MANIFEST
    if not path.is_file() or path.is_symlink():
        raise ValueError(
            "A preset must be saved to a directory that is new, empty or holds a preset of "
            f"kerabert. Received: {str(directory)!r}, which holds other files and no {MANIFEST}."
        )
    return {MANIFEST, *read_manifest(path.read_bytes(), str(path)).files}
