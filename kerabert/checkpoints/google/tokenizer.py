"""The tokenizer of Google's BERTs: vocab.txt, and whether it is of lower-case words."""

from typing import Any

from kerabert.checkpoints.google.config import ASSETS
from kerabert.checkpoints.json_file import parse_json
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.tokenizer_files import TOKENIZER_CONFIG, VOCABULARY, read_tokenizer
from kerabert.text.tokenizer import BertTokenizer

BLEURT_CONFIG = "bleurt_config.json"
_KEY = "do_lower_case"


def find_vocabulary(files: PresetFiles) -> PresetFiles:
    """Return the files among which vocab.txt is, or should be."""
    assets = files.within(ASSETS)
    return assets if VOCABULARY not in files and VOCABULARY in assets else files


def read_google_tokenizer(
    files: PresetFiles, overrides: dict[str, Any], cls: type[BertTokenizer] = BertTokenizer
) -> BertTokenizer:
    """Make the tokenizer of a checkpoint.

    Google's files do not say whether a model is of lower-case words: whoever runs it must know.
    tokenizer_config.json says so where someone added it, and BLEURT's configuration does. Else
    the vocabulary decides: if no piece but those in brackets, such as [CLS], has a capital
    letter, a text must become lower-case to be found in it.

    Args:
        files: `PresetFiles`.
        overrides: dict, arguments of `BertTokenizer` that take the place of the stored ones, such
            as `lowercase`.
        cls: `BertTokenizer` or a subclass.

    Raises:
        ValueError: if a file is missing or damaged.
    """
    place = find_vocabulary(files)
    if files.manifest is None and not _says_case(place, TOKENIZER_CONFIG):
        if _says_case(files, BLEURT_CONFIG):
            lowercase = parse_json(files.read(BLEURT_CONFIG), files.path(BLEURT_CONFIG))[_KEY]
        else:
            lowercase = not _has_capitals(place.read(VOCABULARY))
        overrides = {"lowercase": lowercase} | overrides
    return read_tokenizer(place, overrides, cls)


def _says_case(files: PresetFiles, name: str) -> bool:
    return name in files and isinstance(
        parse_json(files.read(name), files.path(name)).get(_KEY), bool
    )


def _has_capitals(vocabulary: bytes) -> bool:
    """Whether a piece is one that text in lower case cannot become."""
    for piece in vocabulary.decode("utf-8", "replace").splitlines():
        if piece != piece.lower() and not (piece.startswith("[") and piece.endswith("]")):
            return True
    return False
