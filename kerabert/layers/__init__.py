"""Step 2: integers to vectors."""

from kerabert.layers.activations import get_activation
from kerabert.layers.embedding import BertEmbedding
from kerabert.layers.encoder_block import EncoderBlock
from kerabert.layers.pooler import Pooler
from kerabert.layers.self_attention import SelfAttention

__all__ = ["BertEmbedding", "EncoderBlock", "Pooler", "SelfAttention", "get_activation"]
