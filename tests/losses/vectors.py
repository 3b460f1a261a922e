"""Random vectors, and what sentence-transformers makes of them."""

from typing import Any

import keras
import numpy as np
import pytest

from tests.checks import to_numpy

SCORES = np.array([0.2, -0.5, 1.0, 0.0], "float32")


def make_vectors(texts: int) -> np.ndarray:
    return np.random.default_rng(texts).normal(size=(4, texts, 6)).astype("float32")


def make_numbers(texts: int) -> np.ndarray:
    return np.arange(4 * texts).reshape(4, texts)


def run_peer(name: str, vectors: np.ndarray, y: Any = None, **kwargs: Any) -> tuple[float, Any]:
    """The loss of sentence-transformers' class of a name, and its gradient by the vectors."""
    torch = pytest.importorskip("torch")
    losses = pytest.importorskip("sentence_transformers.sentence_transformer.losses")
    inputs = torch.tensor(vectors, requires_grad=True)
    loss = getattr(losses, name)(None, **kwargs).compute_loss_from_embeddings(
        [inputs[:, i] for i in range(inputs.shape[1])], None if y is None else torch.tensor(y)
    )
    loss.backward()
    return float(loss.detach()), inputs.grad.numpy()


def run_ours(loss: Any, y: np.ndarray, vectors: np.ndarray, weight: Any = None) -> tuple[Any, Any]:
    """The loss and its gradient by the vectors: those are the weights of a layer in a model."""
    embedding = keras.layers.Embedding(len(vectors), vectors[0].size)
    model = keras.Sequential([embedding, keras.layers.Reshape(vectors.shape[1:])])
    rows = np.arange(len(vectors))
    model(rows)
    embedding.embeddings.assign(vectors.reshape(len(vectors), -1))
    # Spare a test that is not about it the seconds that TensorFlow takes to trace a step.
    model.compile(
        keras.optimizers.SGD(1.0), loss, run_eagerly=keras.backend.backend() == "tensorflow"
    )
    logs = model.train_on_batch(rows, y, sample_weight=weight, return_dict=True)
    after = to_numpy(embedding.embeddings.value).reshape(vectors.shape)
    return float(logs["loss"]), vectors - after


def check_like_peer(loss: Any, y: Any, vectors: Any, name: str, peer_y: Any = None, **kw: Any):
    value, gradient = run_ours(loss, y, vectors)
    expected, expected_gradient = run_peer(name, vectors, peer_y, **kw)
    assert value == pytest.approx(expected, rel=1e-5)
    assert expected > 0.01 and np.abs(expected_gradient).max() > 1e-2
    np.testing.assert_allclose(gradient, expected_gradient, atol=2e-6)


def check_config(loss: Any) -> None:
    config = keras.saving.serialize_keras_object(loss)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(loss)
    assert keras.saving.serialize_keras_object(again) == config
