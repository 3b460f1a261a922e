import pytest

from kerabert.corpora import CorpusCleaner, Document
from kerabert.corpora.cleaning_steps import (
    ExactDuplicates,
    LengthFilter,
    remove_control_characters,
)

TEXTS = ["one two three", "one\x00 two three", "short", "four five six seven", "short too"]
DOCUMENTS = [Document(f"d:{i}", text) for i, text in enumerate(TEXTS)]


def shout(text):
    return text.upper()


def clean(steps):
    cleaner = CorpusCleaner(steps)
    return list(cleaner(DOCUMENTS)), cleaner.report


def test_steps_in_order_and_what_they_did():
    kept, report = clean(
        [remove_control_characters, LengthFilter(least=3), ExactDuplicates(), shout]
    )
    assert kept == [("d:0", "ONE TWO THREE"), ("d:3", "FOUR FIVE SIX SEVEN")]
    assert (report.num_documents, report.num_words) == (5, 13)
    assert (report.num_documents_kept, report.num_words_kept) == (2, 7)
    assert report.dropped == {"LengthFilter": 2, "ExactDuplicates": 1}
    assert +report.changed == {"remove_control_characters": 1, "shout": 2}
    assert report.samples["ExactDuplicates"] == [("d:1", "one two three")]
    assert report.lengths == {1: 3, 2: 1, 0: 1} and report.lengths_kept == {1: 1, 2: 1}


def test_the_report_reads_well_and_draws(tmp_path):
    _, report = clean([LengthFilter(least=3)])
    lines = str(report).splitlines()
    assert lines[0].split() == ["in", "5", "documents", "13", "words"]
    assert "(76.9%)" in lines[1] and "2 by LengthFilter" in lines[2]
    assert "LengthFilter dropped d:2: 'short'" in lines
    pytest.importorskip("matplotlib")
    report.plot(tmp_path / "lengths.png")
    assert (tmp_path / "lengths.png").read_bytes().startswith(b"\x89PNG")


def test_samples_are_few():
    cleaner = CorpusCleaner([LengthFilter(least=2)])
    assert list(cleaner(Document(str(i), "x") for i in range(100))) == []
    assert len(cleaner.report.samples["LengthFilter"]) == 3


def test_documents_stream():
    def endless():
        while True:
            yield Document("d", "one two")

    assert next(iter(CorpusCleaner([shout])(endless()))).text == "ONE TWO"


@pytest.mark.parametrize("steps", [[], None, ["shout"]])
def test_bad_steps(steps):
    with pytest.raises(ValueError, match="`steps` must be functions"):
        CorpusCleaner(steps)
