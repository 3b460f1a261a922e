"""Step 2: integers to vectors."""

from kerabert.layers.activations import get_activation
from kerabert.layers.document_pooling import DocumentPooling
from kerabert.layers.embedding import BertEmbedding
from kerabert.layers.encoder_block import EncoderBlock
from kerabert.layers.masked_lm_head import MaskedLMHead
from kerabert.layers.next_sentence_head import NextSentenceHead
from kerabert.layers.pooler import Pooler
from kerabert.layers.self_attention import SelfAttention
from kerabert.layers.sentence_pooling import SentencePooling

__all__ = [
    "BertEmbedding",
    "DocumentPooling",
    "EncoderBlock",
    "MaskedLMHead",
    "NextSentenceHead",
    "Pooler",
    "SelfAttention",
    "SentencePooling",
    "get_activation",
]
