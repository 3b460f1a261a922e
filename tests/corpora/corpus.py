"""A small corpus of random tokens that the tests of this folder share."""

import numpy as np

from kerabert.corpora import TokenDocuments
from kerabert.text import BertTokenizer

SIZE = 300
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{i}" for i in range(SIZE - 5))]


def make_tokenizer(**kwargs):
    return BertTokenizer(VOCABULARY, **kwargs)


def make_lists(num_documents=40, seed=0, longest=12):
    """Documents of 1 to 15 sentences of 1 to `longest` tokens."""
    generator = np.random.default_rng(seed)
    return [
        [
            generator.integers(5, SIZE, generator.integers(1, longest + 1)).tolist()
            for _ in range(generator.integers(1, 16))
        ]
        for _ in range(num_documents)
    ]


def make_documents(*args, **kwargs):
    return TokenDocuments.from_lists(make_lists(*args, **kwargs))
