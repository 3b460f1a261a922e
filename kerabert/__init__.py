"""BERT for Keras 3, from raw text to a trained, served model."""

from kerabert.layers import BertEmbedding, EncoderBlock, Pooler, SelfAttention

__all__ = ["BertEmbedding", "EncoderBlock", "Pooler", "SelfAttention"]
