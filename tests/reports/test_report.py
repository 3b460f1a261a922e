import sys

import pytest

from kerabert.reports import Report
from kerabert.reports.report import shorten, tabulate


class Small(Report):
    def __str__(self):
        return "a <b>"

    def draw(self, figure):
        figure.subplots().plot([1, 2])


def test_plot(tmp_path):
    pytest.importorskip("matplotlib")
    figure = Small().plot(tmp_path / "small.png")
    assert len(figure.axes) == 1
    assert (tmp_path / "small.png").read_bytes()[:4] == b"\x89PNG"
    assert len(list(tmp_path.iterdir())) == 1
    Small().plot()  # nothing is written
    html = Small()._repr_html_()
    assert html.startswith('<pre>a &lt;b&gt;</pre><img src="data:image/png;base64,')


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"kerabert\[plot\]"):
        Small().plot()
    assert Small()._repr_html_() == "<pre>a &lt;b&gt;</pre>"


def test_text():
    assert shorten("a\n  b") == "a b" and shorten("abcdef", 4) == "abc…"
    assert tabulate(["a", "b"], [["x", 1], ["long", 0.25]]).splitlines() == [
        "a          b", "x          1", "long  25.00%"
    ]  # fmt: skip
