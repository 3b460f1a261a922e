import pytest

from kerabert.corpora import Document, read_shard, split_sentences
from kerabert.corpora.shard_worker import build_shard, start_worker, tokenize_documents
from tests.tiny import make_tokenizer

TEXTS = ["good film. It was great.", "bad", "\u200b", "not good! very awful\nfilms"]
DOCUMENTS = [Document(f"a:{i}", text) for i, text in enumerate(TEXTS)]


def test_tokenize_documents():
    documents, names = tokenize_documents(DOCUMENTS, make_tokenizer(), split_sentences)
    assert names == ["a:0", "a:1", "a:3"]
    tokenizer = make_tokenizer()
    for i, document in enumerate((0, 1, 3)):
        expected = tokenizer(split_sentences(TEXTS[document]))
        assert [s.tolist() for s in documents[i]] == expected
    assert documents.tokens.dtype == "uint16"


def test_nothing_but_empty_documents():
    documents, names = tokenize_documents(DOCUMENTS[2:3], make_tokenizer(), split_sentences)
    assert len(documents) == 0 and names == []


def test_a_shard_of_a_block(tmp_path):
    pytest.importorskip("pyarrow")
    start_worker(make_tokenizer(), split_sentences)
    number, facts = build_shard(7, str(tmp_path / "a.parquet"), DOCUMENTS)
    documents, names = read_shard(tmp_path / "a.parquet")
    assert number == 7 and names == ["a:0", "a:1", "a:3"]
    assert facts == {"num_documents": 3, "num_empty": 1, "num_tokens": documents.num_tokens}
