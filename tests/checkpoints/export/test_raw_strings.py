import subprocess
import sys

import keras
import numpy as np
import pytest

from kerabert.models import BertNextSentencePredictor, BertTextEmbedder, BertTextRegressor
from tests.checkpoints.presets import make_classifier, randomize
from tests.tiny import make_backbone, make_tokenizer

tf = pytest.importorskip("tensorflow")
pytest.importorskip("tensorflow_text")
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the functions are TensorFlow's"
)
TEXTS = ["good film .", "was it not very very bad", "Awfuls gréatly", ""]
OTHERS = ["it was great", "", "not good . " * 20, "bad"]

# What a server does: it has TensorFlow and nothing of kerabert.
SERVER = """
import sys
sys.modules["kerabert"] = None
import numpy as np
import tensorflow as tf
import tensorflow_text
model = tf.saved_model.load(sys.argv[1])
texts = np.load(sys.argv[2])
one = model.serve(tf.constant(texts["texts"].tolist()))
two = model.signatures["serve_pairs"](
    first=tf.constant(texts["texts"].tolist()), second=tf.constant(texts["others"].tolist())
)
default = model.signatures["serving_default"](tf.constant(texts["texts"].tolist()))
np.savez(
    sys.argv[3],
    classes=[name.decode() for name in model.classes()["classes"].numpy()],
    label=[name.decode() for name in one["label"].numpy()],
    default=default["logits"],
    **{name: one[name].numpy() for name in ("logits", "probabilities")},
    pairs=two["logits"].numpy(),
)
loaded = [name for name, module in sys.modules.items() if module and name.startswith("kerabert")]
assert not loaded, loaded
"""


@on_tensorflow  # from the others: the guide "export"
def test_a_server_needs_tensorflow_only(tmp_path):
    model = make_classifier(sequence_length=12)
    model.export(tmp_path / "saved", raw_strings=True)
    np.savez(tmp_path / "texts.npz", texts=TEXTS, others=OTHERS)
    command = [sys.executable, "-c", SERVER, "saved", "texts.npz", "answers.npz"]
    subprocess.run(command, cwd=tmp_path, check=True)

    answers = np.load(tmp_path / "answers.npz")
    logits = model.predict(TEXTS, verbose=0)
    assert np.abs(answers["logits"] - logits).max() < 1e-5
    assert np.array_equal(answers["default"], answers["logits"])
    assert np.abs(answers["pairs"] - model.predict((TEXTS, OTHERS), verbose=0)).max() < 1e-5
    results = model.classify(TEXTS)
    assert answers["classes"].tolist() == ["no", "yes", "Zürich"]
    assert answers["label"].tolist() == [result.label for result in results]
    scores = [list(result.scores.values()) for result in results]
    assert np.abs(answers["probabilities"] - scores).max() < 1e-5


def call(task):
    """What each function says, by name; they are traced as they are when they are written."""
    from kerabert.checkpoints.export.raw_strings import string_functions

    _, functions = string_functions(task)
    answers = {}
    for name, (function, signature) in functions.items():
        arguments = [tf.constant(TEXTS), tf.constant(OTHERS)][: len(signature)]
        outputs = tf.function(function, input_signature=signature)(*arguments)
        answers[name] = {key: values.numpy() for key, values in outputs.items()}
    return answers


@on_tensorflow
def test_several_classes_at_once():
    model = make_classifier(classes=None, num_classes=3, multi_label=True)
    answers = call(model)
    assert answers["classes"]["classes"].tolist() == [b"0", b"1", b"2"]
    assert set(answers["serve"]) == {"logits", "probabilities"}
    scores = [list(result.scores.values()) for result in model.classify(TEXTS)]
    assert np.abs(answers["serve"]["probabilities"] - scores).max() < 1e-5


@on_tensorflow
def test_a_regressor():
    model = randomize(BertTextRegressor(make_backbone(), tokenizer=make_tokenizer()))
    answers = call(model)
    assert set(answers) == {"serve", "serve_pairs"}
    assert np.abs(answers["serve"]["values"] - model.predict(TEXTS, verbose=0)).max() < 1e-5


@on_tensorflow
def test_next_sentences_are_pairs():
    model = randomize(BertNextSentencePredictor(make_backbone(), tokenizer=make_tokenizer()))
    answers = call(model)
    assert set(answers) == {"serve_pairs"}
    expected = [answer.score for answer in model.is_next(TEXTS, OTHERS)]
    assert np.abs(answers["serve_pairs"]["probabilities"][:, 0] - expected).max() < 1e-5


@on_tensorflow
def test_an_embedder_begins_with_its_prompt():
    model = randomize(
        BertTextEmbedder(
            make_backbone(),
            tokenizer=make_tokenizer(),
            prompts={"query": "very good "},
            default_prompt="query",
        )
    )
    answers = call(model)
    assert set(answers) == {"serve"}
    vectors = answers["serve"]["embeddings"]
    assert np.abs(vectors - model.embed(TEXTS)).max() < 1e-5
    assert np.abs(vectors - model.embed(TEXTS, prompt="")).max() > 1e-3


@on_tensorflow
def test_a_task_of_another_kind():
    model = make_classifier()
    other = keras.Model(model.input, model.output)
    other.require_tokenizer, other.sequence_length = model.require_tokenizer, 12
    assert set(call(other)["serve"]) == {"outputs"}
