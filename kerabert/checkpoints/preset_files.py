"""The files of a preset directory, each verified before anyone parses it."""

import copy
import hashlib
import os
import re
import stat
from io import BufferedReader
from pathlib import Path
from typing import Self

from kerabert.checkpoints.manifest import MANIFEST, Manifest, read_manifest

# A file in Hugging Face's download cache is a link from snapshots/<revision>/ into blobs/.
# (From a folder within the revision it is one step longer.)
_CACHE_LINK = re.compile(r"(\.\./)+blobs/[0-9A-Za-z_-]+")
# From version 2 on the blob may be a link too, into a store that all repositories share.
_SHARED_LINK = re.compile(r"\.\./\.\./blobs/[0-9a-f]{2}/[0-9a-f]{64}")


class PresetFiles:
    """Opens the files of a preset directory.

    With a `kerabert.json`, only the files that it lists are there, and each must have the size
    and the SHA-256 that it states. Without one, the directory is one that Hugging Face's
    libraries wrote, and its files are taken as they are. In both, a file must be a regular file
    in the directory or a folder of it: no link, except those of Hugging Face's download cache. A
    file in a folder is named with "/" between the two.

    A file is verified and read through one descriptor, so what is parsed is what was verified,
    even while someone replaces the directory.

    Args:
        directory: `pathlib.Path`.
        load_pickled: bool, whether the user asked for weights in PyTorch's pickles. Default False.

    Raises:
        ValueError: if `kerabert.json` is damaged, or a file that it lists is missing or of
            another size.
    """

    def __init__(self, directory: Path, load_pickled: bool = False) -> None:
        self.directory = directory
        self.load_pickled = load_pickled
        self.folder = ""
        self.manifest: Manifest | None = None
        if os.path.lexists(directory / MANIFEST):
            self.manifest = read_manifest(self.read(MANIFEST), self.path(MANIFEST))
            for name in self.manifest.files:
                self.open(name, verified=False).close()

    def within(self, folder: str) -> Self:
        """The files of a folder of the directory, by the names that they have there."""
        inner = copy.copy(self)
        inner.folder = f"{self.folder}{folder}/"
        return inner

    def path(self, name: str) -> str:
        """The path of a file, for errors."""
        return str(self.directory / (self.folder + name))

    def __contains__(self, name: str) -> bool:
        if self.manifest is not None:
            return self.folder + name in self.manifest.files
        return os.path.lexists(self.directory / (self.folder + name))

    def read(self, name: str, max_bytes: int = 64 * 2**20) -> bytes:
        """Return what a file holds, once verified."""
        with self.open(name) as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise ValueError(f"{self.path(name)}: must hold at most {max_bytes} bytes.")
        return data

    def open(self, name: str, verified: bool = True) -> BufferedReader:
        """Open a file for reading, once verified."""
        path = self.path(name)
        file = self._open_regular(name)
        try:
            files = {} if self.manifest is None else self.manifest.files
            listed = files.get(self.folder + name)
            if listed is not None:
                size = os.fstat(file.fileno()).st_size
                if size != listed.size:
                    raise ValueError(
                        f"{path}: must have the size that {MANIFEST} states. "
                        f"Received: {size} bytes, not {listed.size}."
                    )
                if verified:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                    if digest != listed.sha256:
                        raise ValueError(
                            f"{path}: must have the SHA-256 that {MANIFEST} states: the file is "
                            f"damaged or was changed. Received: {digest}, not {listed.sha256}."
                        )
                    file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def _open_regular(self, name: str) -> BufferedReader:
        path = self.directory / (self.folder + name)
        try:
            for folder in list(path.relative_to(self.directory).parents)[:-1]:
                if not stat.S_ISDIR((self.directory / folder).lstat().st_mode):
                    raise ValueError(f"{self.directory / folder}: must be a folder, not a link.")
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode) and self._is_in_cache(path):
                path = path.parent / path.readlink()
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode) and _SHARED_LINK.fullmatch(path.readlink().as_posix()):
                    path = path.parent / path.readlink()
                    mode = path.lstat().st_mode
            if not stat.S_ISREG(mode):
                kind = "link" if stat.S_ISLNK(mode) else "directory or special file"
                raise ValueError(f"{self.path(name)}: must be a regular file. Received: a {kind}.")
            # O_NOFOLLOW and O_NONBLOCK: should a link or a pipe have taken the file's place.
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            return os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb")
        except FileNotFoundError as error:
            raise ValueError(f"{self.path(name)}: the file must exist.") from error
        except OSError as error:
            raise ValueError(f"{self.path(name)}: cannot be read: {error.strerror}.") from error

    def _is_in_cache(self, path: Path) -> bool:
        link = path.readlink()
        steps = len(path.relative_to(self.directory).parts) + 1
        return (
            self.directory.parent.name == "snapshots"
            and _CACHE_LINK.fullmatch(link.as_posix()) is not None
            and link.parts.count("..") == steps
        )
