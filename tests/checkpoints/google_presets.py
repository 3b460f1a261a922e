"""Directories as Google's code writes them, which tests share."""

import shutil
from pathlib import Path

from tests.checkpoints.presets import edit_json


def make_plain_google(directory: Path, plain: Path) -> Path:
    """Turn a preset of kerabert into a directory as Google's code writes it."""
    shutil.copytree(directory, plain)
    (plain / "kerabert.json").unlink()
    (plain / "tokenizer_config.json").unlink(missing_ok=True)
    edit_json(plain / "bert_config.json", kerabert=...)
    return plain
