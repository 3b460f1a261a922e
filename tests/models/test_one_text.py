"""What one text gives is what it gives in a list."""

import numpy as np
import pytest

import kerabert
from tests.tiny import VOCABULARY, make_plain_backbone, make_tokenizer

NAMES = ["O", "B-film", "I-film"]


def make(name, **kwargs):
    return getattr(kerabert, name)(make_plain_backbone(), tokenizer=make_tokenizer(), **kwargs)


@pytest.mark.parametrize(
    ("name", "arguments", "method"),
    [
        ("BertTextClassifier", {"classes": ["no", "yes"]}, "classify"),
        ("BertTextRegressor", {}, "score"),
        ("BertTokenClassifier", {"classes": NAMES}, "tag"),
        ("BertTextEmbedder", {}, "embed"),
        ("BertMaskedLM", {}, "fill_mask"),
        ("BertPretrainer", {}, "fill_mask"),
    ],
)
def test_one_text_and_one_pair(name, arguments, method):
    run = getattr(make(name, **arguments), method)
    text = "it was [MASK] ."
    assert "[MASK]" in VOCABULARY
    np.testing.assert_equal(run(text), run([text])[0])
    np.testing.assert_equal(run(texts=text), run([text])[0])
    texts = ("it was [MASK] .", "[MASK] film")
    if method in ("tag", "embed"):  # which know no pairs: a tuple is a list
        np.testing.assert_equal(run(texts), run(list(texts)))
    else:
        np.testing.assert_equal(run(texts), run([texts])[0])
        np.testing.assert_equal(run(texts), run(([texts[0]], [texts[1]]))[0])
