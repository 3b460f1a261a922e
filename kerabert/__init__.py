"""BERT for Keras 3, from raw text to a trained, served model."""

# Strings -> integers.
from kerabert.text import BertTokenizer, SequencePacker, TokenBatches

# Integers -> vectors.
from kerabert.layers import BertEmbedding, EncoderBlock, Pooler, SelfAttention

# Layers -> something you can fit.
from kerabert.models import BertBackbone, BertTask, BertTextClassifier, BertTextRegressor

# How it is trained.
from kerabert.training import BertAdamW, WarmupLinearDecay

# How it is kept.
from kerabert.checkpoints import list_presets

__version__ = "0.1.0"

__all__ = [
    "BertAdamW",
    "BertBackbone",
    "BertEmbedding",
    "BertTask",
    "BertTextClassifier",
    "BertTextRegressor",
    "BertTokenizer",
    "EncoderBlock",
    "Pooler",
    "SelfAttention",
    "SequencePacker",
    "TokenBatches",
    "WarmupLinearDecay",
    "list_presets",
]
