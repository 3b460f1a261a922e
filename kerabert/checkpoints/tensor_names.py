"""What tensors were called in older checkpoints."""

# LayerNorm's, in checkpoints converted from TensorFlow.
_NEW_ENDS = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


def current_name(name: str) -> str:
    """Return what Hugging Face calls a tensor today.

    Example:

    >>> current_name("bert.embeddings.LayerNorm.gamma")
    'bert.embeddings.LayerNorm.weight'
    """
    for old, new in _NEW_ENDS.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name
