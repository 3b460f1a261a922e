import keras
import numpy as np
import pytest

from kerabert.losses import CosineRegression, Matryoshka, MultipleNegativesRanking, TripletMargin
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


# Spare a test that is not about it the seconds that TensorFlow takes to trace a step.
EAGER = keras.backend.backend() == "tensorflow"
ANCHORS = ["good", "bad", "not good", "awful film", "very good film", "it was bad"]
POSITIVES = ["good film", "awful", "bad film", "not great", "great", "it was awful"]
NEGATIVES = [["bad", "awful"], ["great"], ["very good", "great film"]] * 2


def history_of(model, *args, **kwargs):
    return model.fit(*args, batch_size=6, shuffle=False, verbose=0, **kwargs).history


def test_finds_the_positives_of_rows_with_hard_negatives(tmp_path):
    model = make()
    model.compile(keras.optimizers.Adam(0.02), chunk_size=4)
    x = (ANCHORS, POSITIVES, NEGATIVES)
    logs = history_of(model, x, epochs=12, validation_data=(x, None))
    assert set(logs) == {"accuracy", "loss", "val_accuracy", "val_loss"}
    assert logs["val_loss"][-1] < 0.3 * logs["val_loss"][0] and logs["val_accuracy"][-1] == 1.0
    results = model.evaluate(x, batch_size=6, verbose=0, return_dict=True)
    assert results["loss"] == pytest.approx(logs["val_loss"][-1], rel=1e-4)
    assert model.predict(x, verbose=0).shape == (6, 4, 8)
    assert [model.search(a, POSITIVES, top_k=1)[0].index for a in ANCHORS] == list(range(6))

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.chunk_size == 4 and loaded.get_compile_config() == model.get_compile_config()
    assert loaded.evaluate(x, batch_size=6, verbose=0)[0] == pytest.approx(results["loss"])


def test_the_batch_is_that_of_its_loss():
    """The loss that `evaluate` gives, from the vectors and the definition."""
    model = make()
    model.compile(loss=MultipleNegativesRanking(scale=5.0), run_eagerly=EAGER)
    a, p = (model.embed(texts) for texts in (ANCHORS, POSITIVES))
    scores = np.exp(5 * a @ p.T)
    expected = -np.log(np.diag(scores) / scores.sum(axis=1)).mean()
    results = model.evaluate((ANCHORS, POSITIVES), batch_size=6, verbose=0, return_dict=True)
    assert results["loss"] == pytest.approx(expected, rel=1e-4)
    assert results["accuracy"] == pytest.approx(np.mean(scores.argmax(1) == np.arange(6)))


def test_scores_choose_cosine_regression():
    model = make()
    scores = [0.9, 0.7, -0.5, 0.6, 1.0, 0.2]
    logs = history_of(model, (ANCHORS, POSITIVES), scores)
    assert type(model.loss) is CosineRegression
    assert set(logs) == {"loss", "pearson", "spearman"}
    cosines = np.sum(model.embed(ANCHORS) * model.embed(POSITIVES), axis=1)
    results = model.evaluate((ANCHORS, POSITIVES), scores, verbose=0, return_dict=True)
    assert results["loss"] == pytest.approx(np.mean((cosines - scores) ** 2), rel=1e-4)
    assert results["pearson"] == pytest.approx(np.corrcoef(cosines, scores)[0, 1], abs=1e-4)


def test_triplets_in_shorter_vectors():
    model = make()
    model.compile("sgd", Matryoshka(TripletMargin(), dims=[8, 4]), run_eagerly=EAGER)
    logs = history_of(model, list(zip(ANCHORS, POSITIVES, ANCHORS[::-1], strict=True)))
    assert set(logs) == {"accuracy", "loss"} and 0 < logs["loss"][0] < 4


def test_arrays_are_as_strings():
    model = make()
    model.compile(metrics=[], run_eagerly=EAGER)
    columns = (ANCHORS, POSITIVES, ["great"] * 5 + [""])
    packed = [PACKER(make_tokenizer()(texts), length=16) for texts in columns]
    x = {name: np.stack([part[name] for part in packed], axis=1) for name in packed[0]}
    x["padding_mask"][5, 2] = False  # no text at all
    rows = [(a, p, n) if n else (a, p) for a, p, n in zip(*columns, strict=True)]
    vectors = model.predict(rows, verbose=0)
    assert largest_difference(model.predict(x, verbose=0)[:, :2], vectors[:, :2]) < 1e-5
    # In arrays, texts that are equal are not known to be.
    loss = model.evaluate(x, batch_size=6, verbose=0)
    candidates = np.concatenate([vectors[:, 1], vectors[:5, 2]])
    scores = np.exp(20 * vectors[:, 0] @ candidates.T)
    expected = -np.log(np.diag(scores) / scores.sum(axis=1)).mean()
    assert loss == pytest.approx(expected, rel=1e-4)


def test_bad_chunks():
    with pytest.raises(ValueError, match="`chunk_size` must be a positive integer"):
        make().compile(chunk_size=0)


@pytest.mark.parametrize(
    ("texts", "kwargs", "message"),
    [
        (TEXTS, {"prompt": "passage"}, r"\['document', 'query'\]. Received: prompt='passage'"),
        ((TEXTS, TEXTS), {}, "Received: pairs"),
        (b"good film", {}, "must be a list of str"),
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
        ({"similarity_function": "maxsim"}, "`similarity_function` must be one of"),
        ({"default_prompt": "query"}, "`default_prompt` must be one of"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs)
