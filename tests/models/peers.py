"""The models of Hugging Face's transformers with the weights of ours, to compare with."""

from typing import Any

import keras
import numpy as np
import pytest

from kerabert.checkpoints.bert_layers import backbone_layers
from kerabert.layers import MaskedLMHead
from tests.checks import largest_difference, to_numpy

NAMES = {
    "token_ids": "input_ids",
    "segment_ids": "token_type_ids",
    "padding_mask": "attention_mask",
}


def randomize(task: Any) -> Any:
    """Give every weight, biases too, a value that is the same on all backends; return the task."""
    random = np.random.default_rng(3)
    for weight in task.trainable_weights:
        center = 1.0 if weight.path.endswith("gamma") else 0.0
        weight.assign(random.normal(center, 0.3, weight.shape))
    return task


def run_peer(
    task: Any, class_name: str, x: dict[str, Any], **labels: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run transformers' model of a name with the task's weights and without dropout.

    Args:
        labels: transformers' arguments besides the inputs.

    Returns:
        What it gives, its loss among them, and the gradient of each weight by its name, as arrays.
    """
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    backbone = task.backbone
    config = transformers.BertConfig(
        vocab_size=backbone.vocabulary_size,
        hidden_size=backbone.hidden_dim,
        num_hidden_layers=backbone.num_layers,
        num_attention_heads=backbone.num_heads,
        intermediate_size=backbone.intermediate_dim,
        max_position_embeddings=backbone.max_sequence_length,
        num_labels=getattr(task, "num_classes", 2),
        pad_token_id=None,  # else the embedding of padding is not trained there
        tie_word_embeddings=getattr(task, "tie_embeddings", True),
    )
    peer = getattr(transformers, class_name)(config).eval()
    weights = named_weights(task)
    peer.load_state_dict({name: torch.tensor(weights[name]) for name in peer.state_dict()})
    outputs = peer(
        **{theirs: torch.tensor(np.asarray(x[ours], "int64")) for ours, theirs in NAMES.items()},
        **{name: torch.tensor(np.asarray(y, "int64")) for name, y in labels.items()},
    )
    outputs.loss.backward()
    gradients = {name: weight.grad for name, weight in peer.named_parameters()}
    return (
        {name: value.detach().numpy() for name, value in outputs.items()},
        # Without one is the second name of the bias of an untied table.
        {name: grad.numpy() for name, grad in gradients.items() if grad is not None},
    )


def check_step(
    task: Any,
    gradients: dict[str, Any],
    x: Any,
    y: Any,
    sample_weight: Any = None,
    learning_rate: float = 0.05,
) -> dict[str, float]:
    """Check that a step of training moves every weight by its gradient; return what `fit` logs.

    The optimizer has a state, momentum, which is zero in this first step.
    """
    before = named_weights(task)
    assert len(gradients) > 20
    task.compile(keras.optimizers.SGD(learning_rate, momentum=0.9))
    logs = task.fit(x, y, sample_weight=sample_weight, shuffle=False, verbose=0).history
    after = named_weights(task)
    for name, gradient in gradients.items():
        assert largest_difference(after[name], before[name] - learning_rate * gradient) < 1e-5, name
    return {name: values[0] for name, values in logs.items()}


def named_weights(task: Any) -> dict[str, np.ndarray]:
    """Return copies of a task's weights by Hugging Face's names, in its layout."""
    layers = {f"bert.{name}": layer for name, layer in backbone_layers(task.backbone).items()}
    weights = {}
    for prefix, layer in (layers | task.head_layers).items():
        if isinstance(layer, MaskedLMHead):
            tied = layer.table is None
            table = task.backbone.embedding.token_embedding.embeddings if tied else layer.table
            weights[f"{prefix}.decoder.weight"] = table
            weights[f"{prefix}.decoder.bias"] = weights[f"{prefix}.bias"] = layer.bias
        elif isinstance(layer, keras.layers.Dense):
            weights[f"{prefix}.weight"] = keras.ops.transpose(layer.kernel)
            weights[f"{prefix}.bias"] = layer.bias
        else:
            names = ("weight", "bias")[: len(layer.weights)]
            weights |= {f"{prefix}.{name}": w for name, w in zip(names, layer.weights, strict=True)}
    return {name: np.array(to_numpy(weight)) for name, weight in weights.items()}
