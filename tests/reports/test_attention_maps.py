import base64
import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from kerabert.reports import AttentionMaps

TOKENS = ["[CLS]", "<i>", "&", "[SEP]"]
WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(4), (2, 3, 4)).astype("float32")


def test_html_is_well_formed_and_alone():
    html = AttentionMaps(TOKENS, WEIGHTS)._repr_html_()
    # As XML: every tag is closed but those that never are.
    root = ElementTree.fromstring(re.sub(r"<(img|br)([^>]*)>", r"<\1\2/>", html))
    assert len(root.findall("details")) == 2
    assert len(root.findall("details/div/details")) == 6
    names = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert names == [name for name in TOKENS for _ in range(2)] * 6
    assert "<script" not in html and "<i>" not in html
    assert not re.search(r'(src|href)="(?!data:)', html)


def test_the_picture_of_a_head_is_its_weights():
    image = pytest.importorskip("PIL.Image")
    html = AttentionMaps(TOKENS, WEIGHTS)._repr_html_()
    pictures = re.findall(r'<img src="data:image/png;base64,([^"]+)"', html)
    assert len(pictures) == 6
    for data, weights in zip(pictures, WEIGHTS.reshape(6, 4, 4), strict=True):
        pixels = np.array(image.open(io.BytesIO(base64.b64decode(data))))
        assert pixels.shape == (4, 4, 3)
        # Red falls from 255 at 0 to 8 at 1, as the root of the weight.
        assert np.abs(((255 - pixels[..., 0].astype(float)) / 247) ** 2 - weights).max() < 0.01


def test_repr():
    assert repr(AttentionMaps(TOKENS, WEIGHTS)) == "AttentionMaps: 2 layers of 3 heads, 4 tokens"
