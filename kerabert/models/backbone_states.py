"""What happens between the first and the last layer of a backbone."""

from typing import Any

import keras


class BackboneStates(keras.Model):
    """A backbone's layers run once more in order, keeping what lies between.

    Made by `BertBackbone.with_states`; the weights are the backbone's own. It is a subclassed
    model because a functional one (Keras 3.15) takes each layer to give as many outputs as it
    gave when it was first called, and blocks give one more with their attention weights.

    Args:
        backbone: `BertBackbone`.
        hidden_states: bool, whether the outputs hold `hidden_states`.
        attention_weights: bool, whether the outputs hold `attention_weights`.
    """

    def __init__(self, backbone: Any, hidden_states: bool, attention_weights: bool) -> None:
        super().__init__(dtype=backbone.dtype_policy)
        self.backbone = backbone
        self.keeps_hidden_states = hidden_states
        self.keeps_attention_weights = attention_weights
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> dict[str, Any]:
        mask = inputs["padding_mask"]
        x = self.backbone.embedding(inputs["token_ids"], inputs["segment_ids"], training=training)
        states, weights = [x], []
        for block in self.backbone.blocks:
            if self.keeps_attention_weights:
                x, block_weights = block(
                    x, padding_mask=mask, training=training, return_attention_weights=True
                )
                weights.append(block_weights)
            else:
                x = block(x, padding_mask=mask, training=training)
            states.append(x)
        outputs: dict[str, Any] = {"sequence_output": x}
        if self.backbone.pooler is not None:
            outputs["pooled_output"] = self.backbone.pooler(x)
        if self.keeps_hidden_states:
            outputs["hidden_states"] = states
        if self.keeps_attention_weights:
            outputs["attention_weights"] = weights
        return outputs
