"""From the files of a checkpoint to a backbone or a task."""

import warnings
from typing import Any

from kerabert.checkpoints.bert_config import read_bert_config
from kerabert.checkpoints.bert_layers import (
    backbone_layers,
    backbone_shapes,
    is_transposed,
    layer_variables,
)
from kerabert.checkpoints.formats import Format
from kerabert.checkpoints.heads import Head, find_head
from kerabert.checkpoints.manifest import MANIFEST
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.stored_weights import StoredWeights
from kerabert.layers.initializers import Give, given_weights
from kerabert.models.backbone import BertBackbone
from kerabert.text.tokenizer import BertTokenizer

# What may be set anew when a backbone is loaded: nothing that its weights depend on.
_BACKBONE_OVERRIDES = {
    "dtype",
    "name",
    "gradient_checkpointing",
    "dropout_rate",
    "attention_dropout_rate",
    "use_pooler",
}
_TASK_OVERRIDES = {"dtype", "name", "tokenizer", "gradient_checkpointing", "attention_dropout_rate"}


class ModelLoader:
    """Makes models of one checkpoint.

    Args:
        files: `PresetFiles`.
        format: `Format`, that of the files.

    Raises:
        ValueError: if the configuration or the weights are missing or damaged.
    """

    def __init__(self, files: PresetFiles, format: Format) -> None:
        self.files = files
        self.format = format
        self.config, self.config_path = format.read_config(files)
        self.arguments = read_bert_config(self.config, self.config_path)
        self.weights: StoredWeights = format.open_weights(files, self.config)

    def close(self) -> None:
        """Close the files."""
        self.weights.close()

    def load_backbone(self, cls: type, overrides: dict[str, Any], stacklevel: int = 5) -> Any:
        """Make a `BertBackbone`; every tensor is checked before anything is allocated.

        A warning names the line that called `from_preset`, `stacklevel` calls above.
        """
        _check_overrides(overrides, _BACKBONE_OVERRIDES)
        weights = self.weights
        has_pooler = weights.has(f"{weights.prefix}pooler.dense.weight")
        use_pooler = overrides.get("use_pooler", has_pooler)
        stored = self.arguments | {"use_pooler": has_pooler and use_pooler}
        self.check_backbone(stored)

        with given_weights() as give:
            backbone = cls(**(stored | overrides))
            for name, layer in backbone_layers(backbone).items():
                if name == "pooler.dense" and not has_pooler:
                    message = f"{weights.path} has no pooler: it starts fresh."
                    warnings.warn(message, stacklevel=stacklevel)
                else:
                    self._give(give, layer, weights.prefix + name)
        return backbone

    def check_backbone(self, arguments: dict[str, Any]) -> dict[str, tuple[int, ...]]:
        """Check that the weights are those of a backbone with these arguments.

        Returns:
            The full names of the backbone's tensors, and their shapes.
        """
        weights = self.weights
        if arguments["num_layers"] > len(weights):
            raise ValueError(
                f"{self.config_path}: `num_hidden_layers` must be the number of layers in "
                f"{weights.path}. Received: num_hidden_layers={arguments['num_layers']}"
            )
        shapes = {weights.prefix + name: shape for name, shape in backbone_shapes(arguments)}
        for name, shape in shapes.items():
            weights.check(name, shape)
        weights.check_rest(set(shapes))
        return shapes

    def load_task(self, cls: type[Any], overrides: dict[str, Any]) -> Any:
        """Make a task; what the checkpoint lacks of its head starts fresh, with a warning."""
        name, head = find_head(cls)
        _check_overrides(overrides, _TASK_OVERRIDES | set(head.settings) | set(head.unstored))
        given = {key: value for key, value in overrides.items() if key in head.settings}
        stored = None
        if not any(key in given for key in head.sizes):
            stored = self.stored_settings(name, head)
            if stored is None and head.must_have_size:
                raise ValueError(
                    f"{' or '.join(f'`{key}`' for key in head.sizes)} must be given, since "
                    f"{self.files.directory} holds no head of a {name}. Received: none of them."
                )
        settings = (stored or {}) | given
        fresh = self._check_head(name, head, stored, settings)

        of_backbone = {k: v for k, v in overrides.items() if k in _BACKBONE_OVERRIDES - {"name"}}
        of_backbone.pop("dropout_rate", None)  # the head's
        if cls.uses_pooler:
            of_backbone["use_pooler"] = True
        backbone = self.load_backbone(BertBackbone, of_backbone, stacklevel=6)
        others = {k: overrides[k] for k in ("dtype", "name", *head.unstored) if k in overrides}
        tokenizer = overrides.get("tokenizer") or self._read_tokenizer(head, backbone)
        with given_weights() as give:
            try:
                task = cls(backbone, tokenizer=tokenizer, **settings, **others)
            except ValueError as error:
                if given:
                    raise
                manifest = self.files.manifest
                source = self.config_path if manifest is None else self.files.path(MANIFEST)
                raise ValueError(f"{source}: {error}") from error
            for prefix, layer in task.head_layers.items():
                if head.part_of(f"{prefix}.") not in fresh:
                    self._give(give, layer, prefix)
        return task

    def stored_settings(self, name: str, head: Head) -> dict[str, Any] | None:
        """The settings of the stored head; None if there is none, or another task's."""
        manifest = self.files.manifest
        if manifest is not None and manifest.class_name == name:
            if not set(manifest.settings) <= set(head.settings):
                raise ValueError(
                    f"{self.files.path(MANIFEST)}: `settings` must be among "
                    f"{list(head.settings)}. Received: {sorted(manifest.settings)}"
                )
            return manifest.settings
        if head.read_files is not None and (settings := head.read_files(self.files)) is not None:
            return settings
        settings = head.from_config(self.config, self.config_path, self.weights)
        if self.format.complete_settings is not None:
            return self.format.complete_settings(self.files, name, settings)
        return settings

    def _check_head(
        self,
        name: str,
        head: Head,
        stored: dict[str, Any] | None,
        settings: dict[str, Any],
    ) -> set[str]:
        """Check the shapes of the stored head, and return the parts that start fresh."""
        parts = fresh = set(head.parts)
        asked = stored is None and any(key in settings for key in head.sizes)
        if stored is not None:
            shapes = head.shapes(settings, self.arguments)
            parts = {head.part_of(tensor) for tensor in shapes}
            fresh = {part for part in parts if not self.weights.has_part(part)}
            for tensor, shape in shapes.items():
                if head.part_of(tensor) not in fresh:
                    self.weights.check(tensor, shape)
        if fresh and not asked:
            if fresh == parts:
                what = f"no head of a {name}: it starts fresh."
            else:
                what = f"only a part of the head of a {name}: {', '.join(fresh)} starts fresh."
            warnings.warn(f"{self.weights.path} has {what}", stacklevel=6)
        return fresh

    def _read_tokenizer(self, head: Head, backbone: BertBackbone) -> BertTokenizer | None:
        if not self.format.has_tokenizer(self.files):
            return None
        tokenizer = self.format.read_tokenizer(self.files, {}, BertTokenizer)
        if tokenizer.vocabulary_size > backbone.vocabulary_size:
            raise ValueError(
                f"{self.format.vocabulary_path(self.files)}: must hold at most the `vocab_size` "
                f"of {self.config_path}, {backbone.vocabulary_size}. "
                f"Received: {tokenizer.vocabulary_size} pieces."
            )
        if head.read_tokenizer is not None:
            return head.read_tokenizer(self.files, tokenizer)
        return tokenizer

    def _give(self, give: Give, layer: Any, name: str) -> None:
        for part, variable in layer_variables(layer).items():
            array = self.weights.read(f"{name}.{part}")
            give(variable, array.T if part == "weight" and is_transposed(layer) else array)


def _check_overrides(overrides: dict[str, Any], allowed: set[str]) -> None:
    if not set(overrides) <= allowed:
        raise ValueError(
            f"The arguments that a preset can be loaded with must be among {sorted(allowed)}. "
            f"Received: {sorted(set(overrides) - allowed)}"
        )
