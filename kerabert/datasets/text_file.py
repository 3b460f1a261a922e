"""Files of UTF-8 text, packed or not."""

import gzip
import zlib
from pathlib import Path


def read_text(path: Path) -> str:
    """Return what stands in a file of UTF-8 text, or of gzip if its name ends in ".gz".

    Raises:
        ValueError: if the file cannot be read, or is not UTF-8; with the file and the line.
    """
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: the file must be readable. Received: {error}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path}: the file must be UTF-8. Received: {error} in line {line}"
        ) from None
