"""Apache Beam, and its files wherever they lie."""

import contextlib
import secrets
from collections.abc import Callable
from typing import Any, BinaryIO

try:
    import apache_beam as beam
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "Apache Beam must be installed: pip install 'kerabert[beam]'.", name="apache_beam"
    ) from error
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

__all__ = ["FileSystems", "beam", "count", "open_packed", "write_whole"]


def count(what: str, number: int = 1) -> None:
    """Add to one of Beam's counters, of the namespace "kerabert"."""
    beam.metrics.Metrics.counter("kerabert", what).inc(number)


def open_packed(path: str) -> BinaryIO:
    """Open a file for reading its bytes as they are on the disk."""
    return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)


def write_whole(path: str, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file whole or not at all, over one that is there.

    Raises:
        OSError: if it cannot be written; the message names the file.
    """
    folder, name = FileSystems.split(path)
    aside = FileSystems.join(folder, f".{name}.{secrets.token_hex(8)}.new")
    try:
        with FileSystems.create(aside, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            write(file)
        try:
            FileSystems.rename([aside], [path])
        except OSError:
            if not FileSystems.exists(path):
                raise
            FileSystems.delete([path])  # Hadoop renames onto nothing that is there
            FileSystems.rename([aside], [path])
    except OSError as error:
        raise OSError(error.errno, f"the file could not be written: {error}", path) from error
    finally:
        with contextlib.suppress(OSError):
            if FileSystems.exists(aside):
                FileSystems.delete([aside])
