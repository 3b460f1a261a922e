"""The heads of pretraining: their tensors, and what config.json says of them."""

from typing import Any

from kerabert.checkpoints.stored_weights import StoredWeights
from kerabert.layers.activations import get_activation

Settings = dict[str, Any]
DECODER = "cls.predictions.decoder.weight"


def masked_lm_shapes(settings: Settings, arguments: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of the masked-LM head's tensors."""
    hidden, size = arguments["hidden_dim"], arguments["vocabulary_size"]
    transform = "cls.predictions.transform"
    shapes: dict[str, tuple[int, ...]] = {
        f"{transform}.dense.weight": (hidden, hidden),
        f"{transform}.dense.bias": (hidden,),
        f"{transform}.LayerNorm.weight": (hidden,),
        f"{transform}.LayerNorm.bias": (hidden,),
        "cls.predictions.bias": (size,),
    }
    if not settings.get("tie_embeddings", True):
        shapes |= {DECODER: (size, hidden), "cls.predictions.decoder.bias": (size,)}
    return shapes


def pretraining_shapes(settings: Settings, arguments: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of both heads' tensors."""
    return masked_lm_shapes(settings, arguments) | {
        "cls.seq_relationship.weight": (2, arguments["hidden_dim"]),
        "cls.seq_relationship.bias": (2,),
    }


def masked_lm_from_config(
    config: dict[str, Any], path: str, weights: StoredWeights
) -> Settings | None:
    """The settings of a stored masked-LM head; None if there is none."""
    tied = config.get("tie_word_embeddings", True)
    if not isinstance(tied, bool):
        raise ValueError(
            f"{path}: `tie_word_embeddings` must be true or false. "
            f"Received: tie_word_embeddings={tied!r}"
        )
    if tied and weights.has(DECODER):
        table = f"{weights.prefix}embeddings.word_embeddings.weight"
        if (
            weights.shape(DECODER) != weights.shape(table)
            or (weights.read(DECODER) != weights.read(table)).any()
        ):
            raise ValueError(
                f"{path}: `tie_word_embeddings` must be false where {DECODER} is not the table of "
                f"the word embeddings. Received: tie_word_embeddings={tied!r}"
            )
    return {"tie_embeddings": tied} if weights.has_part("cls.predictions") else None


def check_masked_lm_head(settings: Settings, backbone: Any) -> None:
    """Raise `ValueError` unless the head has its backbone's activation and epsilon.

    Only KerasHub's has others, and only its presets can hold such a head.
    """
    activation, epsilon = (settings.get(f"head_{k}") for k in ("activation", "layer_norm_epsilon"))
    same = activation is None or get_activation(activation) is get_activation(backbone.activation)
    if not same or epsilon not in (None, backbone.layer_norm_epsilon):
        raise ValueError(
            "A masked-LM head must have the activation and the epsilon of its backbone, "
            f"{backbone.activation!r} and {backbone.layer_norm_epsilon}, to be written in this "
            f"format: write it for KerasHub, or write `model.backbone`. "
            f"Received: head_activation={activation!r}, head_layer_norm_epsilon={epsilon}"
        )


def pretraining_from_config(
    config: dict[str, Any], path: str, weights: StoredWeights
) -> Settings | None:
    """The settings of the heads of pretraining; None if neither is stored."""
    settings = masked_lm_from_config(config, path, weights)
    if settings is None and weights.has_part("cls.seq_relationship"):
        return {"tie_embeddings": config.get("tie_word_embeddings", True)}
    return settings


def tied_to_config(settings: Settings) -> dict[str, Any]:
    """Return config.json's key for whether the decoder is the word embeddings' table."""
    return {"tie_word_embeddings": settings.get("tie_embeddings", True)}
