"""Text out of HTML."""

import html
from html.parser import HTMLParser
from typing import Any


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.hidden += tag in ("script", "style")
        if tag in ("br", "p", "div", "li", "tr", "h1", "h2", "h3"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(self.hidden - (tag in ("script", "style")), 0)

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def remove_markup(text: str) -> str:
    """Take the text out of HTML: tags, scripts and styles go, entities become characters.

    Example:

    >>> remove_markup("<p>Fish &amp; <b>chips</b></p><script>x()</script>").strip()
    'Fish & chips'
    """
    if "<" not in text:
        return html.unescape(text)
    parser = _Text()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)
