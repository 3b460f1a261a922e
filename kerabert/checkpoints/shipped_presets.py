"""What is known of a preset that ships with the library: what its own files say."""

import json
import math
import re
from pathlib import Path
from typing import Any

from kerabert.checkpoints.bert_config import read_bert_config
from kerabert.checkpoints.bert_layers import backbone_shapes
from kerabert.checkpoints.hosted.known_presets import KnownPreset


def describe_shipped(directory: Path) -> KnownPreset:
    """Return what config.json, tokenizer_config.json and the card's header say of a preset.

    What they do not say is None, or "unknown": a listing does not fail of one damaged preset.
    """
    card = _read_header(directory / "README.md")
    lowercase = _read_json(directory / "tokenizer_config.json").get("do_lower_case")
    return KnownPreset(
        name=directory.name,
        handle="shipped",
        parameters=_count_parameters(directory / "config.json"),
        language=card.get("language"),
        cased=not lowercase if isinstance(lowercase, bool) else None,
        license=card.get("license", "unknown"),
    )


def _count_parameters(path: Path) -> int | None:
    try:
        arguments = read_bert_config(_read_json(path), str(path))
    except ValueError:
        return None
    shapes = backbone_shapes(arguments | {"use_pooler": True})
    return sum(math.prod(shape) for _, shape in shapes)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _read_header(path: Path) -> dict[str, str]:
    """The plain values between the first two lines "---" of a model card."""
    try:
        header = re.match(r"---\n(.*?)\n---\n", path.read_text("utf-8"), re.DOTALL)
    except (OSError, ValueError):
        return {}
    lines = header[1].splitlines() if header else []
    found = (re.fullmatch(r"([a-z_]+): *[\"']?([^\"'\[\]]+)[\"']?", line) for line in lines)
    return {match[1]: match[2].strip() for match in found if match}
