import numpy as np

from kerabert.corpora import TokenDocuments
from tests.corpora.corpus import make_lists


def lists_of(documents):
    return [[s.tolist() for s in documents[i]] for i in range(len(documents))]


def test_lists_come_back():
    lists = make_lists()
    documents = TokenDocuments.from_lists(lists)
    assert lists_of(documents) == lists
    assert documents.num_tokens == sum(len(s) for document in lists for s in document)
    assert documents.tokens.dtype == np.uint16
    assert TokenDocuments.from_lists([[[70_000]]]).tokens.dtype == np.uint32


def test_empty_sentences_and_documents_are_left_out():
    documents = TokenDocuments.from_lists([[[]], [], [[5], [], [6]]])
    assert lists_of(documents) == [[[5], [6]]]
    assert len(TokenDocuments.from_lists([])) == 0


def test_concatenate():
    parts = [make_lists(5, seed) for seed in range(3)]
    joined = TokenDocuments.concatenate([TokenDocuments.from_lists(part) for part in parts])
    assert lists_of(joined) == [document for part in parts for document in part]


def test_from_arrays():
    lists = make_lists()
    documents = TokenDocuments.from_arrays(
        [np.concatenate(document) for document in lists],
        [np.array([len(sentence) for sentence in document], "uint32") for document in lists],
    )
    assert lists_of(documents) == lists
