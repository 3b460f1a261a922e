import re
from html.parser import HTMLParser

import numpy as np
import pytest

from kerabert.reports import Attribution, Explanation

TEXT = "a <script>alert(1)</script> & not read"
WORDS = [Attribution("a", 0.5, 0, 1, 0), Attribution("<script>", -0.25, 2, 10, 0)]


def make(**kwargs):
    values = {
        "texts": (TEXT,),
        "target": "<b>",
        "output": 1.2,
        "baseline_output": 1.0,
        "tokens": WORDS,
        "words": WORDS,
        "baseline": "[MASK]",
        "is_class": True,
    }
    return Explanation(**{**values, **kwargs})


class Text(HTMLParser):
    """The text that HTML shows, and its tags."""

    def __init__(self, html):
        super().__init__()
        self.shown, self.tags = "", set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)

    def handle_data(self, data):
        self.shown += data


def test_numbers():
    found = make()
    assert found.scores.tolist() == [0.5, -0.25]
    assert found.error == pytest.approx(0.25 - 0.2)
    assert found.probability == pytest.approx(1 / (1 + np.exp(-1.2)))
    assert make(is_class=False).probability is None
    assert str(found).splitlines()[2].split() == ["a", "+0.50"]


def test_html_shows_the_whole_text_and_runs_nothing():
    found = Text(make()._repr_html_())
    assert TEXT in found.shown and "<b>" in found.shown
    assert found.tags == {"div", "span"}
    assert not re.search(r"https?:|src=|<link", make()._repr_html_())


def test_colors():
    html = make()._repr_html_()
    strengths = re.findall(
        r'title="([-+.\d]+)" style="background: rgba\((\d+), .*?, ([.\d]+)\)', html
    )
    assert [(score, float(strength)) for score, _, strength in strengths] == [
        ("+0.500", 0.75), ("-0.250", 0.375)
    ]  # fmt: skip
    assert strengths[0][1] != strengths[1][1]
    assert 'title="not read"' in html
    assert "not read" not in make(texts=("a <script>",))._repr_html_()


def test_pairs():
    words = [WORDS[0], Attribution("b", 0.1, 0, 1, 1)]
    html = make(texts=("a", "b"), words=words)._repr_html_()
    assert Text(html).shown.endswith("ab")
