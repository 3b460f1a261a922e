import keras
import numpy as np
import pytest

from kerabert.models import BertTextEmbedder
from tests.checks import check_training, largest_difference
from tests.models.peers import randomize
from tests.models.test_task import PACKER
from tests.tiny import TEXTS, make_plain_backbone, make_tokenizer

PROMPTS = {"query": "not ", "document": "very "}
# What a loss can compare vectors with: here, the vectors that they shall become.
TARGETS = np.eye(8, dtype="float32")


def make(dtype=None, **kwargs):
    backbone = make_plain_backbone(use_pooler=False, dtype=dtype)
    return BertTextEmbedder(backbone, make_tokenizer(), **kwargs)


@pytest.fixture(scope="module")
def model():
    return make(prompts=PROMPTS, default_prompt="document")


def test_trains(tmp_path):
    def make_other(**kwargs):
        settings = {"pooling": "cls", "normalize": False, "sequence_length": 20}
        return make(**settings, prompts=PROMPTS, default_prompt="query", **kwargs)

    model = randomize(make_other())
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), keras.losses.MeanSquaredError())
    check_training(model, make_other, TEXTS[:4], TARGETS[:4], tmp_path / "model.keras")


@pytest.mark.parametrize(("pooling", "normalize"), [("mean", True), ("cls", False), ("max", True)])
def test_embedding_is_the_pooled_sequence(pooling, normalize):
    model = make(pooling=pooling, normalize=normalize)
    x = PACKER(make_tokenizer()(TEXTS), length=16)
    expected = []
    for tokens, mask in zip(
        model.backbone.predict(x, verbose=0)["sequence_output"], x["padding_mask"], strict=True
    ):
        tokens = tokens[mask]
        vector = {"mean": tokens.mean(0), "cls": tokens[0], "max": tokens.max(0)}[pooling]
        expected.append(vector / np.linalg.norm(vector) if normalize else vector)
    assert largest_difference(model.predict(x, verbose=0), np.stack(expected)) < 1e-5


def test_embed_keeps_the_order_and_puts_the_prompt_before(model):
    texts = TEXTS[:4]
    plain = model.predict(texts, verbose=0)
    assert plain.shape == (4, 8) and plain.dtype == np.float32
    assert largest_difference(model.embed(texts, prompt="", batch_size=3), plain) < 1e-5
    for prompt, name in ((None, "document"), ("query", "query"), ("document", "document")):
        expected = model.predict([PROMPTS[name] + text for text in texts], verbose=0)
        assert largest_difference(model.embed(texts, prompt=prompt), expected) < 1e-5
        assert largest_difference(expected, plain) > 1e-3


def test_without_a_default_prompt_there_is_none():
    model = make(prompts=PROMPTS)
    assert largest_difference(model.embed(TEXTS[:2]), model.predict(TEXTS[:2], verbose=0)) < 1e-6


def test_training_needs_a_loss(model):
    for call in (model.compile, lambda: model.fit(TEXTS, TARGETS), lambda: model.evaluate(TEXTS)):
        with pytest.raises(ValueError, match="`loss` must be given to train a BertTextEmbedder"):
            call()


@pytest.mark.parametrize(
    ("texts", "kwargs", "message"),
    [
        (TEXTS, {"prompt": "passage"}, r"\['document', 'query'\]. Received: prompt='passage'"),
        ((TEXTS, TEXTS), {}, "Received: pairs"),
        ("good film", {}, "must be a list of str"),
        ([], {}, "at least one text"),
        (["good", None], {}, "at position 1"),
    ],
)
def test_bad_texts(model, texts, kwargs, message):
    with pytest.raises(ValueError, match=message):
        model.embed(texts, **kwargs)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"pooling": "sum"}, "`pooling` must be one of"),
        ({"normalize": 1}, "`normalize` must be a bool"),
        ({"prompts": ["query: "]}, "`prompts` must be a dict of str"),
        ({"prompts": {"query": 1}}, "`prompts` must be a dict of str"),
        ({"prompts": PROMPTS, "default_prompt": "passage"}, "`default_prompt` must be one of"),
        ({"default_prompt": "query"}, "`default_prompt` must be one of"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs)
