"""What is in a checkpoint: looked at, not loaded."""

import hashlib
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerabert.checkpoints.bert_config import NUMBERS, OF_HEADS, RATES, REFUSED, SIZES
from kerabert.checkpoints.formats import find_format
from kerabert.checkpoints.heads import HEADS
from kerabert.checkpoints.load_model import ModelLoader
from kerabert.checkpoints.manifest import MANIFEST
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.presets_folder import find_preset
from kerabert.text.tokenizer import BertTokenizer

_READ = {*SIZES, *RATES, *NUMBERS, *REFUSED, *OF_HEADS, "hidden_act", "model_type"}
_READ |= {"embedding_size", "pad_token_id", "tie_word_embeddings"}


@dataclass(frozen=True)
class Inspection:
    """What `inspect_preset` finds in a directory.

    Attributes:
        directory: str.
        format: str, "hugging_face", "keras_hub" or "google".
        class_name: str, the class that holds all of it: "BertBackbone" or a task's.
        heads: dict from each task whose head is stored to the head's settings.
        arguments: dict, the backbone's arguments.
        tokenizer: dict, the tokenizer's arguments and `vocabulary_size`; None if there is none.
        loaded: dict from the name of each tensor that `class_name` loads to its shape.
        ignored: the names of the tensors that it does not load.
        ignored_settings: the keys of the configuration that change nothing.
        files: dict from each file to its size in bytes and its SHA-256.
        digest: str, one SHA-256 for all files: that of their names and digests.
    """

    directory: str
    format: str
    class_name: str
    heads: dict[str, dict[str, Any]]
    arguments: dict[str, Any]
    tokenizer: dict[str, Any] | None
    loaded: dict[str, tuple[int, ...]]
    ignored: list[str]
    ignored_settings: list[str]
    files: dict[str, tuple[int, str]]
    digest: str

    @property
    def num_parameters(self) -> int:
        """How many numbers `class_name` loads."""
        again = "cls.predictions.decoder.bias"  # another name of cls.predictions.bias
        return sum(math.prod(shape) for name, shape in self.loaded.items() if name != again)

    def __str__(self) -> str:
        lines = [
            f"directory      {self.directory}",
            f"format         {self.format}",
            f"class          {self.class_name}",
            f"parameters     {self.num_parameters:,} in {len(self.loaded)} tensors",
        ]
        lines += _section("backbone", [f"{k}={v!r}" for k, v in self.arguments.items()])
        lines += _section("heads", [_call(*head) for head in self.heads.items()])
        tokenizer = "none" if self.tokenizer is None else _call("BertTokenizer", self.tokenizer)
        lines += _section("tokenizer", [tokenizer])
        lines += _section("not loaded", self.ignored)
        lines += _section("no effect", self.ignored_settings)
        lines += _section(
            "files",
            [f"{sha256}  {size:>11,}  {name}" for name, (size, sha256) in self.files.items()],
        )
        return "\n".join([*lines, f"digest         {self.digest}"])


def inspect_preset(
    preset: str | os.PathLike[str], revision: str | None = None, load_pickled: bool = False
) -> Inspection:
    """Return what a preset holds, without making a model of it.

    Args:
        preset, revision, load_pickled: see `load_preset`.

    Raises:
        ValueError: as `load_preset`.
    """
    directory = find_preset(preset, revision, load_pickled=load_pickled)
    files = PresetFiles(directory, load_pickled)
    format = find_format(files)
    loader = ModelLoader(files, format)
    try:
        heads = dict(_stored_heads(loader))
        class_name = find_class(loader)
        weights = loader.weights
        has_pooler = weights.has(f"{weights.prefix}pooler.dense.weight")
        arguments = loader.arguments | {"use_pooler": has_pooler}
        loaded = loader.check_backbone(arguments)
        if class_name in HEADS:
            head_shapes = HEADS[class_name].shapes(heads[class_name], arguments)
            for name, shape in head_shapes.items():
                weights.check(name, shape)
            loaded |= head_shapes
        names = {tensor.stored_name for name, tensor in weights.tensors.items() if name in loaded}
        ignored = {tensor.stored_name for tensor in weights.tensors.values()} - names
    finally:
        loader.close()
    tokenizer = None
    if format.has_tokenizer(files):
        tokenizer = format.read_tokenizer(files, {}, BertTokenizer).get_config()
        tokenizer = {"vocabulary_size": len(tokenizer.pop("vocabulary"))} | tokenizer
        tokenizer.pop("memory_size")
    hashed = dict(_hash_files(files))
    digest = hashlib.sha256(repr(sorted(hashed.items())).encode()).hexdigest()
    return Inspection(
        directory=str(files.directory),
        format=format.name,
        class_name=class_name,
        heads=heads,
        arguments=arguments,
        tokenizer=tokenizer,
        loaded=loaded,
        ignored=sorted(ignored),
        ignored_settings=sorted(set(loader.config) - _READ),
        files=hashed,
        digest=digest,
    )


def find_class(loader: ModelLoader) -> str:
    """Return the name of the class that holds all that a checkpoint has."""
    manifest = loader.files.manifest
    if manifest is not None and (manifest.class_name in HEADS or not loader.config):
        return manifest.class_name
    heads = dict(_stored_heads(loader))
    named = loader.config.get("architectures") or []
    ranked = sorted(
        heads, key=lambda name: (HEADS[name].architecture in named, len(HEADS[name].parts))
    )
    return ranked[-1] if ranked else "BertBackbone"


def _stored_heads(loader: ModelLoader) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, head in HEADS.items():
        if head.parts and not any(map(loader.weights.has_part, head.parts)):
            continue
        settings = loader.stored_settings(name, head)
        if settings is None:
            continue
        parts = {head.part_of(tensor) for tensor in head.shapes(settings, loader.arguments)}
        if all(map(loader.weights.has_part, parts)):
            yield name, settings


def _hash_files(files: PresetFiles) -> Iterator[tuple[str, tuple[int, str]]]:
    if files.manifest is not None:
        for name, listed in files.manifest.files.items():
            yield name, (listed.size, listed.sha256)
        return
    for path in sorted(Path(files.directory).rglob("*")):
        name = path.relative_to(files.directory).as_posix()
        if path.is_file() and name != MANIFEST:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                yield name, (size, hashlib.file_digest(file, "sha256").hexdigest())


def _section(title: str, rows: list[str]) -> list[str]:
    return [f"{title if not i else '':<15}{row}" for i, row in enumerate(rows or ["none"])]


def _call(name: str, arguments: dict[str, Any]) -> str:
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"
