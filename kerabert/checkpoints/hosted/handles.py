"""`hf://owner/name@revision` and `kaggle://owner/model/framework/variation/version`."""

import re
from dataclasses import dataclass

HUGGING_FACE, KAGGLE = "hf", "kaggle"

_PART = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]*")


@dataclass(frozen=True)
class Handle:
    """Where a preset is hosted.

    Attributes:
        host: "hf" or "kaggle".
        path: str, "owner/name" or "owner/model/framework/variation".
        revision: str, a branch, a tag or a commit; on Kaggle a version's number; None for the
            newest.
    """

    host: str
    path: str
    revision: str | None

    def __str__(self) -> str:
        joint = "@" if self.host == HUGGING_FACE else "/"
        return f"{self.host}://{self.path}{joint + self.revision if self.revision else ''}"


def is_handle(text: str) -> bool:
    """Whether a preset's name says that it is hosted."""
    return "://" in text


def parse_handle(text: str, revision: str | None = None) -> Handle:
    """Read a handle, or refuse it.

    Args:
        text: str, the handle.
        revision: str, a branch, a tag or a commit, if the handle names none. Default None.

    Raises:
        ValueError: if it is none, or both name a revision.

    Example:

    >>> parse_handle("hf://google-bert/bert-base-cased@main")
    Handle(host='hf', path='google-bert/bert-base-cased', revision='main')
    """
    host, _, rest = text.partition("://")
    if host == HUGGING_FACE:
        path, at, stated = rest.partition("@")
        if at and revision is not None and revision != stated:
            raise ValueError(
                f"`revision` must be given once. Received: revision={revision!r}, preset={text!r}"
            )
        wanted = stated if at else revision
        if _are_parts(path.split("/"), 2) and (wanted is None or _is_revision(wanted)):
            return Handle(host, path, wanted)
        raise ValueError(
            "`preset` must be hf://owner/name or hf://owner/name@revision, of letters, digits, "
            f"'.', '_' and '-'. Received: preset={text!r}, revision={revision!r}"
        )
    if host == KAGGLE:
        if revision is not None:
            raise ValueError(
                "`revision` must be None for Kaggle, where the handle ends with the version. "
                f"Received: revision={revision!r}, preset={text!r}"
            )
        parts = rest.split("/")
        version = parts.pop() if len(parts) == 5 else None
        is_version = version is None or re.fullmatch(r"[1-9][0-9]{0,8}", version) is not None
        if _are_parts(parts, 4) and is_version:
            return Handle(host, "/".join(parts), version)
        raise ValueError(
            "`preset` must be kaggle://owner/model/framework/variation or the same with /version, "
            f"of letters, digits, '.', '_' and '-'. Received: preset={text!r}"
        )
    raise ValueError(
        "`preset` must be a name, a directory, or begin with hf:// or kaggle://. "
        f"Received: preset={text!r}"
    )


def _are_parts(parts: list[str], count: int) -> bool:
    return len(parts) == count and all(
        _PART.fullmatch(part) is not None and ".." not in part and len(part) <= 96 for part in parts
    )


def _is_revision(text: str) -> bool:
    is_plain = isinstance(text, str) and _REVISION.fullmatch(text) is not None and len(text) <= 255
    return is_plain and ".." not in text and "//" not in text and not text.endswith("/")
