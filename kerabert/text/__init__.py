"""Strings to integers: numpy and the standard library only, no backend."""

from kerabert.text.batches import TokenBatches
from kerabert.text.document_packer import DocumentPacker
from kerabert.text.encoded_text import EncodedText
from kerabert.text.example_packer import ExamplePacker
from kerabert.text.new_words import choose_new_words
from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.tags import list_classes, read_spans, write_tags
from kerabert.text.token_masker import TokenMasker
from kerabert.text.token_rows import TokenRows
from kerabert.text.tokenizer import BertTokenizer
from kerabert.text.vocabulary import train_vocabulary

__all__ = [
    "BertTokenizer",
    "DocumentPacker",
    "EncodedText",
    "ExamplePacker",
    "SequencePacker",
    "TokenBatches",
    "TokenMasker",
    "TokenRows",
    "choose_new_words",
    "list_classes",
    "read_spans",
    "train_vocabulary",
    "write_tags",
]
