"""A pretraining run as a file in TOML."""

import inspect
import os
import tomllib
from pathlib import Path
from typing import Any

from kerabert.training.pretrain import pretrain


def read_run(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the arguments of `pretrain` that a TOML file holds.

    Paths in it (`directory`, those of the corpus and a preset that is a folder) are relative to
    the file's own folder.

    Raises:
        ValueError: if the file is not there, is no TOML, or has an unknown or missing key.
    """
    path = Path(path)
    try:
        run = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: must be a file in TOML. Received: {error}") from error
    parameters = inspect.signature(pretrain).parameters
    for key in run:
        if key not in parameters:
            raise ValueError(f"{path}: keys must be among {list(parameters)}. Received: {key}")
    for name, parameter in parameters.items():
        if parameter.default is inspect.Parameter.empty and name not in run:
            raise ValueError(f"{path}: must have the key `{name}`. Received: {list(run)}")
    folder = path.parent
    run["directory"] = folder / run["directory"]
    corpus, model = run["corpus"], run["model"]
    if isinstance(corpus, dict) and isinstance(corpus.get("paths"), list):
        corpus["paths"] = [str(folder / name) for name in corpus["paths"]]
    preset = model.get("preset") if isinstance(model, dict) else None
    if isinstance(preset, str) and (folder / preset).is_dir():
        model["preset"] = str(folder / preset)
    return run
