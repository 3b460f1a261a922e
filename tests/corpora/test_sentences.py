import pytest

from kerabert.corpora.sentences import split_sentences

# Each sentence on a line of its own.
ENGLISH = [
    "It was late.\nNobody spoke.",
    "Mr. and Mrs. Bennet had five daughters.\nThe eldest was Jane.",
    "Dr. J. R. Watson lived at No. 221.\nHe wrote.",
    '"Come in!" said he.\n"Why?"\n"Because."',
    "“It is.” he said.\nThen he left.",
    "He paid $3.50 for it.\nThat is approx. 3 euros.",
    "See fig. 3 (left).\nIt shows the U.S. economy.",
    "Really?!\nYes...\nPerhaps.",
    "She went (she said.)\nHe stayed.",
    "1. Wash your hands.",
    "The dose was 5 mg q.d. for 3 days.\nBlood pressure was 120/80.",
    "e.g. this, i.e. that, etc. and so on.",
    "No end",
]
CHINESE = [
    "他来了。\n我走了！\n为什么？",
    "“你好！”\n她说。",
    "天气很好，我们去公园。\n公园里有很多人……",
    "第1.5节很短。\n完",
]


@pytest.mark.parametrize("lines", ENGLISH + CHINESE)
def test_sentences(lines):
    sentences = lines.split("\n")
    joint = "" if lines in CHINESE else " "
    assert split_sentences(joint.join(sentences)) == sentences


def test_a_line_end_ends_a_sentence():
    assert split_sentences("no stop\n\n  next line \n") == ["no stop", "next line"]
    assert split_sentences(" \n ") == split_sentences("") == []


def test_nothing_is_lost():
    text = "A. B. c! D? “E.” (F.) g. 他。H. " * 20
    assert "".join(split_sentences(text)).replace(" ", "") == text.replace(" ", "")
