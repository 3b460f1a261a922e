"""Vocabulary files: one piece a line, UTF-8; the line number less one is the id."""

import os
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from kerabert.text import arguments


def load_vocabulary(
    vocabulary: str | os.PathLike[str] | Sequence[str],
) -> tuple[list[str], str]:
    """The pieces of a vocabulary file or list, checked, and what to call it in a message."""
    if isinstance(vocabulary, (str, os.PathLike)):
        return read_vocabulary(vocabulary), f"vocabulary file {os.fspath(vocabulary)!r}"
    pieces = arguments.members(vocabulary, "`vocabulary` must be a path or a list of strings")
    check_vocabulary(pieces, "vocabulary list", numbered="index", first=0)
    return pieces, "vocabulary list"


def read_vocabulary(path: str | os.PathLike[str]) -> list[str]:
    """Read a vocabulary file and check it.

    Args:
        path: The file, UTF-8, one piece a line. Line ends may be "\\n" or "\\r\\n"; the last one
            may be missing.

    Returns:
        The pieces; their places are their ids.

    Raises:
        ValueError: If the file is missing, not UTF-8 or empty, or holds a blank line or a piece
            twice.
    """
    name = f"vocabulary file {os.fspath(path)!r}"
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"The {name} cannot be read: {error.strerror}.") from error
    if content.startswith(b"\xef\xbb\xbf"):
        raise ValueError(f"The {name} must be UTF-8 without a byte order mark. Remove it.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"The {name} must be UTF-8. "
            f"Received: a byte that is not, at offset {error.start} (line {line})."
        ) from error
    # Not str.splitlines(): U+2028, U+0085 and their like may be pieces.
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    pieces = [line.removesuffix("\r") for line in lines]
    check_vocabulary(pieces, name, numbered="line", first=1)
    return pieces


def check_vocabulary(pieces: Iterable[str], name: str, *, numbered: str, first: int) -> None:
    """Check that pieces can be a vocabulary: strings, none blank, none twice, each fit for a line.

    Args:
        pieces: The pieces in the order of their ids.
        name: What they are, for the message: "vocabulary list", say.
        numbered: What their numbers are called in the message: "line" or "index".
        first: The number of the first piece.

    Raises:
        ValueError: If anything is wrong; the message gives the piece and its place.
    """
    places: dict[str, int] = {}
    for place, piece in enumerate(pieces, first):
        if not isinstance(piece, str):
            raise ValueError(
                f"The {name} must hold strings only. "
                f"Received: {piece!r} of type {type(piece).__name__} at {numbered} {place}."
            )
        if not piece.strip(" \t\r\n"):
            raise ValueError(
                f"The {name} must hold no blank piece. Received: {piece!r} at {numbered} {place}."
            )
        if "\n" in piece or "\r" in piece:
            raise ValueError(
                "A piece must not hold a line break. "
                f"Received: {piece!r} at {numbered} {place} of the {name}."
            )
        if not piece.isprintable() and any(
            "\ud800" <= character <= "\udfff" for character in piece
        ):
            raise ValueError(
                f"A piece must not hold half of a surrogate pair. "
                f"Received: {piece!r} at {numbered} {place} of the {name}."
            )
        if piece in places:
            raise ValueError(
                f"The {name} must hold each piece once. "
                f"Received: {piece!r} at {numbered} {places[piece]} and at {numbered} {place}."
            )
        places[piece] = place
    if not places:
        raise ValueError(f"The {name} must hold at least one piece. Received: an empty one.")


def check_special_tokens(tokens: Sequence[str], vocabulary: Container[str], name: str) -> None:
    """Check that every special token is a piece, and can stand in a text as one chunk."""
    missing = [token for token in tokens if token not in vocabulary]
    if missing:
        raise ValueError(
            f"The {name} must hold every special token. Missing: {', '.join(map(repr, missing))}."
        )
    spaced = [token for token in tokens if token.split() != [token]]
    if spaced:
        raise ValueError(f"A special token must hold no white space. Received: {spaced[0]!r}.")


def write_vocabulary(pieces: Iterable[str], path: str | os.PathLike[str]) -> None:
    """Write one piece a line, UTF-8, each line ended by "\\n" on every system."""
    Path(path).write_bytes("".join(f"{piece}\n" for piece in pieces).encode("utf-8"))
