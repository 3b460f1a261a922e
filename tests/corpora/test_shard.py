import os
import subprocess
import sys

import numpy as np
import pytest

from kerabert.corpora import read_shard, write_shard
from kerabert.corpora import shard as shard_module
from kerabert.corpora.shard import clear_leftovers, read_shard_facts, vocabulary_digest
from tests.corpora.corpus import make_documents, make_tokenizer

pq = pytest.importorskip("pyarrow.parquet")
NAMES = [f"book.txt:{i}" for i in range(40)]


@pytest.fixture
def shard(tmp_path):
    write_shard(tmp_path / "a.parquet", make_documents(), NAMES, make_tokenizer())
    return tmp_path / "a.parquet"


def test_what_is_written_is_read(shard):
    documents, names = read_shard(shard)
    expected = make_documents()
    assert names == NAMES
    for name in ("tokens", "sentence_starts", "document_starts"):
        assert np.array_equal(getattr(documents, name), getattr(expected, name)), name
    assert documents.tokens.dtype == np.uint16


def test_others_read_it_too(shard):
    rows = pq.read_table(shard).to_pylist()
    expected = make_documents()
    assert rows[2]["document"] == NAMES[2]
    assert rows[2]["sentences"] == [sentence.tolist() for sentence in expected[2]]
    field = pq.read_schema(shard).field("sentences")
    assert str(field.type.value_type.value_type) == "uint16"


def test_facts(shard):
    facts = read_shard_facts(shard)
    assert facts["num_documents"] == 40
    assert facts["num_tokens"] == make_documents().num_tokens
    assert facts["vocabulary_sha256"] == vocabulary_digest(make_tokenizer())
    assert vocabulary_digest(make_tokenizer(lowercase=False)) != facts["vocabulary_sha256"]
    assert vocabulary_digest(make_tokenizer(memory_size=5)) == facts["vocabulary_sha256"]


def test_damage_is_named(shard, tmp_path):
    data = shard.read_bytes()
    for broken in (data[: len(data) // 2], b"", b"PAR1" * 10):
        shard.write_bytes(broken)
        with pytest.raises(ValueError, match=r"a\.parquet"):
            read_shard(shard)
    with pytest.raises(ValueError, match=r"missing\.parquet"):
        read_shard_facts(tmp_path / "missing.parquet")


def test_another_parquet_file_is_refused(tmp_path):
    import pyarrow as pa

    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=r"x\.parquet: must be a shard of a corpus of kerabert"):
        read_shard(tmp_path / "x.parquet")


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(Exception):  # noqa: B017 - whatever pyarrow says of names that do not fit
        write_shard(tmp_path / "a.parquet", make_documents(), ["one"], make_tokenizer())
    assert list(tmp_path.iterdir()) == []


def test_what_a_dead_process_left_is_cleared(tmp_path):
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    for name in (f".a.parquet.{done.pid}.new", f".a.parquet.{os.getpid()}.new", ".other.new", "a"):
        (tmp_path / name).write_bytes(b"")
    clear_leftovers(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted([f".a.parquet.{os.getpid()}.new", ".other.new", "a"])


def test_a_full_disk(tmp_path, monkeypatch):
    def fail(file, *arguments):
        file.write(b"half a shard")
        raise OSError(28, "No space left on device")

    write_shard(tmp_path / "a.parquet", make_documents(), NAMES, make_tokenizer())
    before = (tmp_path / "a.parquet").read_bytes()
    monkeypatch.setattr(shard_module, "write_table", fail)
    with pytest.raises(OSError, match=r"could not be written: .*No space.*a\.parquet") as raised:
        write_shard(tmp_path / "a.parquet", make_documents(), NAMES, make_tokenizer())
    assert raised.value.errno == 28
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
    assert (tmp_path / "a.parquet").read_bytes() == before
