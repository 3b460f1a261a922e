"""Where presets are: with the library, in the user's directories, on hosts."""

import difflib
import os
import warnings
from pathlib import Path
from typing import Any

from kerabert.checkpoints.atomic import find_interrupted
from kerabert.checkpoints.hosted.download import download
from kerabert.checkpoints.hosted.handles import is_handle, parse_handle
from kerabert.checkpoints.hosted.known_presets import KNOWN_PRESETS
from kerabert.checkpoints.manifest import MANIFEST
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.preset_table import PresetTable
from kerabert.checkpoints.shipped_presets import describe_shipped
from kerabert.checkpoints.tokenizer_files import TOKENIZER_CONFIG, VOCABULARY


def presets_folder() -> Path:
    """Return the folder of the presets that ship with the library.

    It is `kerabert/presets/` in an installed package. In a checkout and in an editable install it
    is `presets/` at the top of the repository.
    """
    package = Path(__file__).resolve().parent.parent
    installed = package / "presets"
    return installed if installed.is_dir() else package.parent / "presets"


def list_presets() -> PresetTable:
    """Return the presets that can be opened by name: a table to print, and a mapping.

    First those that ship with the library, then those on Kaggle and the Hugging Face hub. The
    library makes no request for this: it is what it knows of them.

    Example:

    >>> presets = list_presets()
    >>> "bert_base_en" in presets
    True
    >>> presets["bert_base_en"].handle
    'kaggle://keras/bert/keras/bert_base_en/3'
    >>> [name for name in presets if presets[name].language == "zh"][0]
    'bert_base_zh'
    """
    return PresetTable((*map(describe_shipped, _shipped()), *KNOWN_PRESETS))


def find_preset(
    preset: str | os.PathLike[str],
    revision: str | None = None,
    weights: bool = True,
    load_pickled: bool = False,
) -> Path:
    """Return the directory of a preset, downloaded if it is hosted.

    Args:
        preset: see `load_preset`. A name goes before a directory of that name: that one is
            meant by "./name" or a `pathlib.Path`.
        revision: see `load_preset`.
        weights: bool, whether the weights are wanted. Default True.
        load_pickled: bool, see `load_preset`.

    Raises:
        ValueError: if there is none, or it cannot be downloaded.
    """
    name = os.fspath(preset) if isinstance(preset, str | os.PathLike) else preset
    if not isinstance(name, str) or not name or "\0" in name:
        raise ValueError(f"`preset` must be a name or a path. Received: preset={preset!r}")
    if isinstance(preset, str):
        shipped = next((path for path in _shipped() if path.name == name), None)
        known = next((one for one in KNOWN_PRESETS if one.name == name), None)
        if shipped is None and (known is not None or is_handle(name)):
            handle = parse_handle(name if known is None else known.handle, revision)
            return download(handle, weights, load_pickled)
    else:
        shipped = None
    if revision is not None:
        raise ValueError(
            "`revision` must be None for a preset that is not on the Hugging Face hub. "
            f"Received: revision={revision!r}, preset={name!r}"
        )
    if shipped is not None:
        return shipped
    directory = Path(name).expanduser()
    if directory.is_dir():
        return directory
    if (interrupted := find_interrupted(directory)) is not None:
        return interrupted
    if directory.exists():
        raise ValueError(f"`preset` must be a directory, not a file. Received: preset={name!r}")
    near = difflib.get_close_matches(name, list_presets(), n=1)
    raise ValueError(
        "`preset` must be a name from `kerabert.list_presets()`, the path of a directory, or "
        f"hf://owner/name. Received: preset={name!r}"
        + (f". Did you mean {near[0]!r}?" if near else "")
    )


def warn_of_case(preset: Any, files: PresetFiles, overrides: dict[str, Any]) -> None:
    """Warn where a cased model's files do not say that it is: texts are lower-cased then.

    Hugging Face's tokenizer lower-cases unless tokenizer_config.json says otherwise, and some
    repositories of models that were trained on cased text have none.
    """
    name = preset.split("@")[0] if isinstance(preset, str) else None
    is_cased = any(known.cased and name in (known.name, known.handle) for known in KNOWN_PRESETS)
    is_silent = VOCABULARY in files and TOKENIZER_CONFIG not in files
    if is_cased and is_silent and not {"lowercase", "tokenizer"} & set(overrides):
        warnings.warn(
            f"{preset} was trained on cased text, but has no {TOKENIZER_CONFIG} that says so: its "
            "tokenizer lower-cases, as in transformers. For cased text give "
            f"`tokenizer=BertTokenizer.from_preset({preset!r}, lowercase=False)`.",
            stacklevel=4,
        )


def _shipped() -> list[Path]:
    folder = presets_folder()
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if (path / MANIFEST).is_file())
