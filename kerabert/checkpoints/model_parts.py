"""What is written of a model, under the names that Hugging Face gives it."""

from dataclasses import dataclass, field
from typing import Any

from kerabert.checkpoints.bert_config import write_bert_config
from kerabert.checkpoints.bert_layers import backbone_layers, layer_tensors
from kerabert.checkpoints.heads import Head, find_head
from kerabert.models.backbone import BertBackbone
from kerabert.text.tokenizer import BertTokenizer


@dataclass(frozen=True)
class ModelParts:
    """A model, a backbone or a tokenizer taken apart, for the formats to write.

    Attributes:
        class_name: str, "BertBackbone", "BertTokenizer" or the task's.
        backbone: `BertBackbone` or None.
        tokenizer: `BertTokenizer` or None.
        head: `Head` or None.
        settings: dict, the task's `head_config()`.
        config: dict, Hugging Face's config.json; empty without a backbone.
        layers: dict from Hugging Face's name to the layer whose tensors bear it.
    """

    class_name: str
    backbone: BertBackbone | None = None
    tokenizer: BertTokenizer | None = None
    head: Head | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    layers: dict[str, Any] = field(default_factory=dict)

    def tensors(self) -> list[tuple[str, tuple[int, ...], Any]]:
        """Name, shape and getter of each tensor, as Hugging Face has it.

        Raises:
            ValueError: if a layer is quantised.
        """
        return [
            entry for name, layer in self.layers.items() for entry in layer_tensors(name, layer)
        ]


def take_apart(model: Any) -> ModelParts:
    """Return what is to be written of a `BertBackbone`, a `BertTokenizer` or a task.

    Raises:
        ValueError: if the model is none of these.
    """
    if isinstance(model, BertTokenizer):
        return ModelParts("BertTokenizer", tokenizer=model)
    if isinstance(model, BertBackbone):
        config, layers = write_bert_config(model), backbone_layers(model)
        return ModelParts("BertBackbone", backbone=model, config=config, layers=layers)
    class_name, head = find_head(type(model))
    backbone, tokenizer, settings = model.backbone, model.tokenizer, model.head_config()
    config = write_bert_config(backbone, tokenizer.padding_id if tokenizer else 0)
    config |= {"architectures": [head.architecture]} | head.to_config(settings)
    prefix = "bert." if head.parts else ""  # as in a bare BertModel
    layers = {f"{prefix}{name}": layer for name, layer in backbone_layers(backbone).items()}
    layers |= model.head_layers
    return ModelParts(class_name, backbone, tokenizer, head, settings, config, layers)
