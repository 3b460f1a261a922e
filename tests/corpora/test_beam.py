"""Shards built by Beam hold what `build_shards` writes."""

import pytest

from kerabert.corpora import (
    CorpusCleaner,
    Document,
    DocumentReader,
    PretrainingBatches,
    build_shards,
    read_shard,
)
from kerabert.corpora.cleaning_steps import ExactDuplicates, LengthFilter, NearDuplicates
from kerabert.corpora.shard import read_shard_facts
from tests.corpora.beam_pipelines import BuildShards, ReadDocuments, beam, beam_corpora, run
from tests.tiny import make_tokenizer

TEXTS = ["good film. It was great.", "bad", "\u200b", "not good! very awful\nfilms", "Good  film."]


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "text"
    folder.mkdir()
    for name in "cab":
        texts = [f"{text} {'very ' * (i % 7)}" for i, text in enumerate(TEXTS * 16)]
        (folder / f"{name}.txt").write_text("\n\n".join(texts))
    return folder


def build(source, folder, **kwargs):
    settings = {"num_shards": 3, **kwargs}
    return run(ReadDocuments(source), BuildShards(folder, make_tokenizer(), **settings))


def read_all(folder):
    found = {}
    for path in sorted(folder.glob("*.parquet")):
        documents, names = read_shard(path)
        for i, name in enumerate(names):
            assert name not in found
            found[name] = [sentence.tolist() for sentence in documents[i]]
    return found


def content(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_documents_as_on_one_machine(source, tmp_path):
    shards, counters = build(source, tmp_path / "beam")
    result = build_shards(
        DocumentReader(source), tmp_path / "local", make_tokenizer(), workers=1, verbose=False
    )
    assert read_all(tmp_path / "beam") == read_all(tmp_path / "local")
    assert result.num_documents == sum(shard["num_documents"] for shard in shards)
    assert counters == {
        "documents": result.num_documents,
        "tokens": result.num_tokens,
        "documents without a token": result.num_empty,
    }
    one, other = (next((tmp_path / name).glob("*.parquet")) for name in ("beam", "local"))
    assert read_shard_facts(one).keys() == read_shard_facts(other).keys()
    import pyarrow.parquet as pq

    assert pq.read_schema(one).equals(pq.read_schema(other), check_metadata=False)


def test_cleaned_and_without_duplicates_as_on_one_machine(source, tmp_path):
    steps = [str.strip, LengthFilter(least=2)]
    _, counters = build(source, tmp_path / "beam", steps=steps, drop_duplicates=True)
    cleaner = CorpusCleaner([*steps, ExactDuplicates()])
    build_shards(
        cleaner(DocumentReader(source)),
        tmp_path / "local",
        make_tokenizer(),
        workers=1,
        verbose=False,
    )
    found = read_all(tmp_path / "beam")
    assert found == read_all(tmp_path / "local")
    # Of each kind the first in the order of reading is kept, "a:9" and not "a:44".
    assert {name.split(":")[0] for name in found} == {"a.txt"}
    assert counters["dropped by LengthFilter"] == cleaner.report.dropped["LengthFilter"]


def test_every_shard_is_written_and_the_same_each_time(source, tmp_path):
    build(source, tmp_path / "shards", num_shards=100)
    before = content(tmp_path / "shards")
    assert len(before) == 101  # and corpus.json; most hold nothing
    (tmp_path / "shards" / "part-000007.parquet").write_bytes(b"damaged")
    build(source, tmp_path / "shards", num_shards=100)
    assert content(tmp_path / "shards") == before


def test_training_reads_them(source, tmp_path):
    build(source, tmp_path / "shards", num_shards=20)
    batches = PretrainingBatches(tmp_path / "shards", make_tokenizer(), batch_size=4)
    assert batches[0][0]["token_ids"].shape == (4, 128)


def test_a_worker_that_writes_again(tmp_path):
    """A bundle that is tried again, or that two workers have at once, in any order."""
    rows = [(f"a:{n}", bytes([n, 0, 0, 0]) * n, bytes([n, 0, 0, 0])) for n in (2, 10, 5)]
    write = beam_corpora._WriteShard(str(tmp_path), make_tokenizer())
    facts = list(write.process((0, rows)))
    before = content(tmp_path)
    assert list(write.process((0, [beam_corpora._EMPTY, *reversed(rows)]))) == facts
    assert content(tmp_path) == before
    documents, names = read_shard(facts[0]["path"])
    assert names == ["a:2", "a:5", "a:10"]
    assert [[s.tolist() for s in documents[i]] for i in range(3)] == [[[n] * n] for n in (2, 5, 10)]


def test_a_failed_write_leaves_nothing_half(source, tmp_path, monkeypatch):
    build(source, tmp_path / "whole")
    written = []

    def fail(file, *arguments):
        if written:
            file.write(b"half a shard")
            raise OSError(28, "No space left on device")
        written.append(original(file, *arguments))

    original = beam_corpora.write_table
    monkeypatch.setattr(beam_corpora, "write_table", fail)
    with pytest.raises(Exception, match=r"No space left on device.*part-00000\d\.parquet"):
        build(source, tmp_path / "cut")
    whole, cut = content(tmp_path / "whole"), content(tmp_path / "cut")
    assert len(cut) == 2 and cut.items() < whole.items()
    monkeypatch.undo()
    build(source, tmp_path / "cut")
    assert content(tmp_path / "cut") == whole


def refuse(text):
    raise RuntimeError("no such sentence")


def test_a_failed_bundle_writes_no_shard(source, tmp_path):
    with pytest.raises(Exception, match="no such sentence"):
        build(source, tmp_path, split=refuse)
    assert list(tmp_path.glob("*.parquet")) == []


def test_other_settings_are_refused(source, tmp_path):
    build(source, tmp_path / "shards")
    for kwargs, key in (
        ({"num_shards": 4}, "num_shards"),
        ({"split": str.split}, "split"),
        ({"steps": [str.strip]}, "steps"),
        ({"drop_duplicates": True}, "drop_duplicates"),
    ):
        with pytest.raises(ValueError, match=rf"corpus\.json: `{key}"):
            build(source, tmp_path / "shards", **kwargs)
    with pytest.raises(ValueError, match=r"corpus\.json: `shard_characters`"):
        build_shards(DocumentReader(source), tmp_path / "shards", make_tokenizer())
    (tmp_path / "x.parquet").write_bytes(b"")
    with pytest.raises(ValueError, match="must be new, empty or of an earlier run"):
        build(source, tmp_path)


def test_no_words(tmp_path):
    with pytest.raises(Exception, match="must hold a document with words"):
        run(
            beam.Create([Document("a:0", "\u200b")]),
            BuildShards(tmp_path, make_tokenizer(), num_shards=1),
        )


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_shards": 0}, "num_shards"),
        ({"steps": ["strip"]}, "`steps` must be functions"),
        ({"steps": [ExactDuplicates()]}, "one document at a time.* ExactDuplicates"),
        ({"steps": [NearDuplicates]}, "one document at a time.* NearDuplicates"),
    ],
)
def test_bad_arguments(tmp_path, kwargs, message):
    steps = kwargs.get("steps")
    if steps == [NearDuplicates]:
        pytest.importorskip("datasketch")
        kwargs = {"steps": [NearDuplicates()]}
    with pytest.raises(ValueError, match=message):
        BuildShards(tmp_path, make_tokenizer(), **kwargs)
