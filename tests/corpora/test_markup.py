import pytest

from kerabert.corpora.markup import remove_markup


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<div>One<br>Two</div>", "One\nTwo"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("<style>p {}</style>x<script>if (a < b) {}</script>y", "xy"),
        ("no markup", "no markup"),
        ("<b>broken", "broken"),
    ],
)
def test_remove_markup(before, after):
    assert remove_markup(before).strip() == after
