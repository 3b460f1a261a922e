"""Shards built by other processes; each start of them takes a second, so there are few."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import numpy as np
import pytest

from kerabert.corpora import PretrainingBatches
from kerabert.corpora import shard as shard_module
from kerabert.corpora.build import build_shards
from kerabert.corpora.documents import Document, DocumentReader
from kerabert.corpora.sentences import split_sentences
from kerabert.corpora.shard import read_shard, read_shard_facts
from tests.checks import REPOSITORY, SHARED_DATA
from tests.corpora.splits import (
    split_and_be_killed,
    split_with_kerabert,
    split_without_keras,
)
from tests.tiny import make_tokenizer

pytest.importorskip("pyarrow")

TEXTS = ["good film. It was great.", "bad", "\u200b", "not good! very awful\nfilms"] * 10
DOCUMENTS = [Document(f"a:{i}", text) for i, text in enumerate(TEXTS)]


def build(folder, documents=DOCUMENTS, **kwargs):
    settings = {"shard_characters": 100, "workers": 1, "verbose": False}
    return build_shards(documents, folder, make_tokenizer(), **{**settings, **kwargs})


def read_all(folder):
    found = {}
    for path in sorted(folder.glob("*.parquet")):
        documents, names = read_shard(path)
        for i, name in enumerate(names):
            assert name not in found
            found[name] = [sentence.tolist() for sentence in documents[i]]
    return found


def content(folder):
    return {path.name: path.read_bytes() for path in folder.glob("part-*.parquet")}


def expected():
    tokenizer = make_tokenizer()
    found = {d.name: tokenizer(split_sentences(d.text)) for d in DOCUMENTS}
    return {name: sentences for name, sentences in found.items() if any(sentences)}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    return folder, build(folder, workers=2)


def test_every_document_is_there_once(built):
    folder, result = built
    assert read_all(folder) == expected()
    assert result.num_documents == 30 and result.num_empty == 10
    assert result.num_shards == len(list(folder.glob("*.parquet"))) > 3
    assert result.num_tokens == sum(len(s) for d in expected().values() for s in d)


def test_what_is_missing_is_made_again(built, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(built[0], folder)
    paths = sorted(folder.glob("*.parquet"))
    before = {path: path.read_bytes() for path in paths}
    paths[1].unlink()
    paths[2].write_bytes(before[paths[2]][:50])  # damaged
    (folder / ".part-000003.parquet.77.new").write_bytes(b"of a process that was ended")
    result = build(folder)
    assert result.num_reused == len(paths) - 2
    assert read_all(folder) == expected()
    assert result[:4] == built[1][:4]


def test_other_settings_are_refused(built):
    for kwargs, key in (
        ({"shard_characters": 7}, "shard_characters"),
        ({"split": str.split}, "split"),
    ):
        with pytest.raises(ValueError, match=rf"corpus\.json: `{key}"):
            build(built[0], **kwargs)
    with pytest.raises(ValueError, match="vocabulary_sha256"):
        build_shards(DOCUMENTS, built[0], make_tokenizer(lowercase=False), shard_characters=100)


def test_other_documents_are_refused(built):
    changed = [DOCUMENTS[0]._replace(text="good"), *DOCUMENTS[1:]]
    with pytest.raises(ValueError, match=r"part-000000\.parquet: must be made of the documents of"):
        build(built[0], documents=changed)
    with pytest.raises(ValueError, match=r"part-00000\d\.parquet: .* a shard of other documents"):
        build(built[0], documents=DOCUMENTS[:20])
    assert read_all(built[0]) == expected()


def test_any_number_of_processes_writes_the_same_bytes(built, tmp_path):
    for workers in (1, 4):
        build(tmp_path / str(workers), workers=workers)
        assert content(tmp_path / str(workers)) == content(built[0])


def test_a_full_disk(built, tmp_path, monkeypatch):
    def fail(file, *arguments):
        if len(written) == 2:
            file.write(b"half a shard")
            raise OSError(28, "No space left on device")
        written.append(original(file, *arguments))

    original, written = shard_module.write_table, []
    monkeypatch.setattr(shard_module, "write_table", fail)
    with pytest.raises(OSError, match=r"No space left on device.*part-000002\.parquet"):
        build(tmp_path)
    monkeypatch.undo()
    whole = content(built[0])
    assert content(tmp_path) == dict(sorted(whole.items())[:2])
    assert {path.name for path in tmp_path.iterdir()} == {*content(tmp_path), "corpus.json"}
    assert build(tmp_path).num_reused == 2
    assert content(tmp_path) == whole


def test_a_folder_of_other_shards_is_refused(built, tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"")
    with pytest.raises(ValueError, match="must be new, empty or of an earlier run"):
        build(tmp_path)


def test_no_text(tmp_path):
    with pytest.raises(ValueError, match="must hold a document with words"):
        build(tmp_path, documents=[Document("a:0", "\u200b")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", r"none in .*bad\.txt\."),
        (b"\n \n", r"none in .*bad\.txt\."),
        (b"bad \xff", r"bad\.txt; skipped: \{'document of broken UTF-8': 1\}"),
        (b"ELF\0\1\2", r"bad\.txt; skipped: \{'binary file': 1\}"),
    ],
)
def test_a_file_without_text(tmp_path, text, message):
    (tmp_path / "bad.txt").write_bytes(text)
    with pytest.raises(ValueError, match=message):
        build(tmp_path / "shards", documents=DocumentReader(tmp_path / "bad.txt"))


def test_documents_of_one_sentence(tmp_path):
    build(tmp_path, documents=[Document(f"a:{i}", "very good film") for i in range(40)])
    batches = PretrainingBatches(tmp_path, make_tokenizer(), sequence_length=16, batch_size=4)
    labels = np.concatenate([batches[i][1]["next_sentence"] for i in range(50)])
    assert 60 < labels.sum() < 140
    build(tmp_path / "words", documents=[Document(f"a:{i}", "film") for i in range(40)])
    with pytest.raises(ValueError, match="must fill a batch"):
        PretrainingBatches(tmp_path / "words", make_tokenizer(), batch_size=4)[0]


def test_a_function_of_the_script_is_refused(tmp_path):
    def mine(text):
        return [text]

    mine.__module__ = "__main__"
    with pytest.raises(ValueError, match="`split` must be a function of a module"):
        build(tmp_path, split=mine)


@pytest.mark.parametrize(
    "split", [split_without_keras, split_with_kerabert], ids=lambda split: split.__name__
)
def test_what_the_processes_import(tmp_path, split):
    """No Keras, unless the user's function does; and every one of them."""
    build(tmp_path, split=split, workers=2, shard_characters=20)
    assert len(read_all(tmp_path)) == 30


def test_a_process_that_is_killed(tmp_path):
    with pytest.raises(
        RuntimeError, match=rf"A process was ended.*stays in {tmp_path}: start again"
    ):
        build(tmp_path, split=split_and_be_killed, workers=2)
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.json"]


UNGUARDED = """
import sys
from kerabert.corpora import Document, build_shards
from tests.corpora.splits import split_without_keras
from tests.tiny import make_tokenizer
print("begun")
build = build_shards([Document(str(i), "good film") for i in range(400)], sys.argv[1],
                     make_tokenizer(), split_without_keras, 50, 2, False)
print(build.num_documents)
"""


def test_a_script_is_not_run_again_by_any_process(tmp_path):
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py", tmp_path / "shards"],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["begun", "400"], done.stderr


SCRIPT = """
import os, sys
from kerabert.corpora.build import build_shards
from kerabert.corpora.documents import DocumentReader
from tests.tiny import make_tokenizer
print(build_shards(DocumentReader(sys.argv[1]), sys.argv[2], make_tokenizer(),
                   shard_characters=500_000, workers=2, verbose=True))
"""


def run_script(source, folder, **kwargs):
    command = [sys.executable, "-c", SCRIPT, str(source), str(folder)]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(command, env=environment, cwd=REPOSITORY, text=True, **kwargs)


def processes_of(folder):
    """The processes whose command line, or whose parent's, names a folder."""
    found, parents = set(), {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes()
            parents[path.name] = (path / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # it has ended
        if os.fsencode(folder) in command:
            found.add(path.name)
    return found | {pid for pid, parent in parents.items() if parent in found}


@pytest.mark.slow
def test_killed_at_fifty_random_moments(tmp_path):
    """kill -9: what is there is whole, what is missing is made, and no process stays behind."""
    source = tmp_path / "text.txt.gz"
    novels = SHARED_DATA / "text" / "english_novels.txt.gz"
    if novels.is_file():
        source.write_bytes(novels.read_bytes())
    else:
        source.write_bytes(gzip.compress("\n\n".join(TEXTS * 20_000).encode()))
    begin = time.monotonic()
    assert run_script(source, tmp_path / "whole", stdout=subprocess.DEVNULL).wait() == 0
    seconds = time.monotonic() - begin
    whole = content(tmp_path / "whole")
    facts = [read_shard_facts(path) for path in (tmp_path / "whole").glob("*.parquet")]
    documents = sum(fact["num_documents"] for fact in facts)
    assert documents == sum(1 for _ in DocumentReader(source))
    random, kills, completed, cut = Random(0), 0, 0, tmp_path / "cut"
    while kills < 50:
        process = run_script(source, cut, stdout=subprocess.DEVNULL)
        time.sleep(random.uniform(0, seconds / 2))
        started = processes_of(cut)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
        deadline = time.monotonic() + 30
        while any(Path("/proc", pid).exists() for pid in started) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not any(Path("/proc", pid).exists() for pid in started)
        if cut.is_dir():
            assert content(cut).items() <= whole.items()
        if process.returncode == 0:
            completed += 1
            assert content(cut) == whole
            shutil.rmtree(cut)
    assert run_script(source, cut, stdout=subprocess.DEVNULL).wait() == 0
    assert content(cut) == whole
    assert not list(cut.glob(".*"))
    names = [name for path in cut.glob("*.parquet") for name in read_shard(path)[1]]
    assert len(names) == len(set(names)) == documents
    print(f"{kills} kills, {completed + 1} runs completed, {documents:,} documents, each once")


def test_progress(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("\n\n".join(TEXTS))
    reader = DocumentReader(tmp_path / "a.txt")
    assert reader.share_read == 0
    build(tmp_path / "shards", documents=reader, verbose=True)
    assert "30 documents" in capsys.readouterr().out and reader.share_read == 1
