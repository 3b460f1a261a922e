"""Strings to integers: numpy and the standard library only, no backend."""

from kerabert.text.encoded_text import EncodedText
from kerabert.text.tokenizer import BertTokenizer

__all__ = ["BertTokenizer", "EncodedText"]
