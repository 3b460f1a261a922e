"""What the files of sentence-transformers say of an embedder."""

from typing import Any

from kerabert.checkpoints.preset_files import PresetFiles


def read_embedder(files: PresetFiles) -> dict[str, Any] | None:
    """Return the settings of `BertTextEmbedder` that a directory's files state."""
    return None


def write_embedder(settings: dict[str, Any], backbone: Any) -> dict[str, bytes]:
    """Return the files that sentence-transformers reads such settings from, by path."""
    return {}
