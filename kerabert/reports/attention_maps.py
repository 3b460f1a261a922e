"""Attention of every layer and head, to look at in a notebook."""

import base64
import struct
import zlib
from dataclasses import dataclass
from html import escape

import numpy as np

from kerabert.text.token_rows import Array

_CELL = 14  # pixels of a token in the large map


@dataclass(frozen=True)
class AttentionMaps:
    """How much each token of a text attends to each other, by layer and head.

    In a notebook each layer opens at a click and shows its heads, each of which opens as a map with
    the tokens' names: rows attend to columns, and the darker the more. It is HTML without a
    script. Attention shows where a layer gathers what it needs; what a prediction rests on is said
    by `explain`.

    Attributes:
        tokens: list of str, with [CLS] and [SEP].
        weights: float32 array (layers, heads, tokens, tokens); each row sums to 1.

    Example:

    >>> maps = AttentionMaps(["[CLS]", "a", "[SEP]"], np.full((2, 4, 3, 3), 1 / 3, "float32"))
    >>> maps
    AttentionMaps: 2 layers of 4 heads, 3 tokens
    >>> maps._repr_html_().count("<details")
    10
    """

    tokens: list[str]
    weights: Array

    def __repr__(self) -> str:
        layers, heads = self.weights.shape[:2]
        return f"AttentionMaps: {layers} layers of {heads} heads, {len(self.tokens)} tokens"

    def _repr_html_(self) -> str:
        parts = ['<div style="font-family: sans-serif; font-size: 90%">', escape(repr(self))]
        for number, layer in enumerate(self.weights, 1):
            heads = "".join(self._head(head, i) for i, head in enumerate(layer, 1))
            parts.append(
                f'<details style="margin: 4px"><summary>layer {number}</summary>'
                '<div style="display: flex; flex-wrap: wrap; align-items: flex-start">'
                f"{heads}</div></details>"
            )
        return "".join([*parts, "</div>"])

    def _head(self, weights: Array, number: int) -> str:
        image = f"data:image/png;base64,{base64.b64encode(_png(weights)).decode('ascii')}"
        small = (
            f'<img src="{image}" alt="head {number}" style="width: 80px; height: 80px; '
            'image-rendering: pixelated; border: 1px solid #ccc">'
        )
        return (
            '<details style="margin: 4px"><summary style="display: inline-block; cursor: pointer">'
            f"{small}<br>head {number}</summary>{self._map(image)}</details>"
        )

    def _map(self, image: str) -> str:
        """The map with the names of the tokens, as SVG."""
        margin = 8 + 7 * max(len(token) for token in self.tokens)
        size = _CELL * len(self.tokens)
        names = []
        for i, token in enumerate(self.tokens):
            place = margin + _CELL * i + _CELL - 4
            name = escape(token)
            names.append(f'<text x="{margin - 4}" y="{place}" text-anchor="end">{name}</text>')
            names.append(
                f'<text transform="translate({place},{margin - 4}) rotate(-90)">{name}</text>'
            )
        total = margin + size + 2
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{total}" '
            'font-family="monospace" font-size="11">'
            f'<image x="{margin}" y="{margin}" width="{size}" height="{size}" href="{image}" '
            f'preserveAspectRatio="none" style="image-rendering: pixelated"/>{"".join(names)}</svg>'
        )


def _png(weights: Array) -> bytes:
    """A map as a PNG in shades of blue: matplotlib is not asked for."""
    share = np.clip(np.asarray(weights, "float64"), 0, 1)[..., None] ** 0.5
    colors = 255 - share * (255 - np.array([8, 48, 107]))
    rows = np.round(colors).astype("uint8").reshape(len(weights), -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)  # each row without a filter

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", weights.shape[1], weights.shape[0], 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(data, 9)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
