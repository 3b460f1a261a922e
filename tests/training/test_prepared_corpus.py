from pathlib import Path

import pytest

from kerabert.corpora import read_shard
from kerabert.training.prepared_corpus import (
    clean_corpus,
    make_shards,
    make_vocabulary,
    read_documents,
)

TEXTS = [f"the film number {i} was good and the actor was very great ." for i in range(40)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("\n\n".join([*TEXTS, TEXTS[3], "short"]) + "\n", encoding="utf-8")
    return path


def prepare(folder: Path, source: Path, rate: float = 0.2):
    documents = clean_corpus(folder, [str(source)])
    tokenizer = make_vocabulary(folder / "vocab.txt", documents, size=60)
    return documents, tokenizer, make_shards(folder, documents, tokenizer, rate, verbose=False)


def test_documents_are_cleaned_and_reported(tmp_path: Path, source: Path) -> None:
    documents = clean_corpus(tmp_path / "corpus", [str(source)])
    assert [document.text for document in read_documents(documents)] == TEXTS
    report = (tmp_path / "corpus" / "cleaning.txt").read_text()
    assert "1 by LengthFilter" in report and "1 by ExactDuplicates" in report


def test_every_document_is_on_one_side_the_same_each_time(tmp_path: Path, source: Path) -> None:
    sides = []
    for name in ("one", "two"):
        _, tokenizer, folders = prepare(tmp_path / name, source)
        names = [
            {name for path in folder.glob("*.parquet") for name in read_shard(path)[1]}
            for folder in folders
        ]
        sides.append(names)
    assert sides[0] == sides[1]
    train, held_out = sides[0]
    assert len(train | held_out) == 40 and not train & held_out
    assert 1 <= len(held_out) <= 20  # a fifth of 40, give or take
    assert tokenizer.vocabulary_size <= 60


def test_what_is_there_is_not_made_again(tmp_path: Path, source: Path) -> None:
    documents, *_ = prepare(tmp_path / "corpus", source)
    files = [p for p in (tmp_path / "corpus").rglob("*") if p.is_file()]
    times = [path.stat().st_mtime_ns for path in files]
    source.unlink()
    assert prepare(tmp_path / "corpus", source)[0] == documents
    assert [path.stat().st_mtime_ns for path in files] == times


def test_the_steps_of_cleaning_are_chosen_by_name(tmp_path: Path, source: Path) -> None:
    steps = ["exact_duplicates", {"step": "length", "least": 1}]
    documents = clean_corpus(tmp_path / "corpus", [str(source)], steps)
    assert len(list(read_documents(documents))) == 41
    with pytest.raises(ValueError, match=r"`cleaning` must be of.*'shorten'"):
        clean_corpus(tmp_path / "other", [str(source)], ["shorten"])
    assert not (tmp_path / "other" / "documents.jsonl.gz").exists()


def test_no_text_is_refused(tmp_path: Path, source: Path) -> None:
    with pytest.raises(ValueError, match="`paths` must name a file"):
        clean_corpus(tmp_path / "a", [])
    source.write_text("one\n\ntwo\n")
    with pytest.raises(ValueError, match="2 documents, none kept"):
        clean_corpus(tmp_path / "b", [str(source)])
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == ["cleaning.txt"]


@pytest.mark.parametrize(("rate", "message"), [(0.0, r"\(0, 1\)"), (1e-9, "on both sides")])
def test_both_sides_must_have_a_document(tmp_path: Path, source: Path, rate, message) -> None:
    with pytest.raises(ValueError, match=message):
        prepare(tmp_path / "corpus", source, rate)
