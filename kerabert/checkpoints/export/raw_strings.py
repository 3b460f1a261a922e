"""SavedModels that take strings: the tokenizer is part of the graph."""

from collections.abc import Callable
from typing import Any

import keras

from kerabert.models.next_sentence_predictor import BertNextSentencePredictor
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.models.text_embedder import BertTextEmbedder
from kerabert.models.text_regressor import BertTextRegressor


def write_raw_strings(task: Any, directory: str, verbose: bool = False) -> None:
    """Write a task as a SavedModel of strings. The backend must be TensorFlow.

    Whoever loads it needs `tensorflow` and `tensorflow-text`, imported before, and no more:

        import tensorflow as tf, tensorflow_text
        model = tf.saved_model.load("directory")
        model.serve(tf.constant(["a text", "another"]))

    It has these functions, which are signatures of TensorFlow Serving too, the first one its
    default:

    - `serve(texts)`, string tensor (batch,), for tasks that take single texts;
    - `serve_pairs(first, second)`, likewise, for tasks that take pairs;
    - `classes()`, of a classifier: string tensor (classes,), the names in the logits' order.

    They return a dict. A `BertTextClassifier` gives `logits` and `probabilities`, float32
    (batch, classes), and, where a text has one class, `label`, string (batch,); a
    `BertNextSentencePredictor` gives `logits` and `probabilities`, class 0 being "it follows"; a
    `BertTextRegressor` gives `values`; a `BertTextEmbedder` gives `embeddings`, with its default
    prompt as in `embed`. A task of another class gives its own dict, or `outputs`.

    Texts are cut to the task's `sequence_length`, and padded to the longest of the batch.

    Args:
        task: a `BertTask` that takes strings and has a tokenizer.
        directory: path of the SavedModel.
        verbose: bool, whether Keras says what it wrote. Default False.
    """
    archive = keras.export.ExportArchive()
    tokenizer, functions = string_functions(task)
    archive.track(tokenizer)  # not the task: Keras would store its weights twice
    for name, (function, signature) in functions.items():
        archive.add_endpoint(name, function, signature)
    archive.write_out(directory, verbose=verbose)


def string_functions(task: Any) -> tuple[Any, dict[str, tuple[Callable[..., Any], list[Any]]]]:
    """Return the tokenizer, and the functions that `write_raw_strings` names, with their specs."""
    import tensorflow as tf

    from kerabert.text.tf_tokenizer import TFBertTokenizer

    tokenizer = TFBertTokenizer(task.require_tokenizer())
    prompt = ""
    if isinstance(task, BertTextEmbedder) and task.default_prompt is not None:
        prompt = task.prompts[task.default_prompt]
    names = _class_names(task)

    def serve(texts: Any) -> dict[str, Any]:
        return serve_pairs(tf.strings.join([prompt, texts]) if prompt else texts, None)

    def serve_pairs(first: Any, second: Any) -> dict[str, Any]:
        inputs = tokenizer.pack(
            first, second, sequence_length=task.sequence_length, pad_to="longest"
        )
        return _name_outputs(task, task(inputs, training=False), names)

    def strings(*names: str) -> list[Any]:
        return [tf.TensorSpec([None], tf.string, name=name) for name in names]

    functions: dict[str, tuple[Callable[..., Any], list[Any]]] = {}
    if not isinstance(task, BertNextSentencePredictor):
        functions["serve"] = serve, strings("texts")
    if not isinstance(task, BertTextEmbedder):
        functions["serve_pairs"] = serve_pairs, strings("first", "second")
    if names:
        functions["classes"] = lambda: {"classes": tf.constant(names)}, []
    return tokenizer, functions


def _class_names(task: Any) -> list[str]:
    if not isinstance(task, BertTextClassifier):
        return []
    return task.classes or [str(number) for number in range(task.num_classes)]


def _name_outputs(task: Any, outputs: Any, names: list[str]) -> dict[str, Any]:
    import tensorflow as tf

    if isinstance(task, BertTextClassifier):
        if task.multi_label:
            return {"logits": outputs, "probabilities": tf.sigmoid(outputs)}
        label = tf.gather(tf.constant(names), tf.argmax(outputs, axis=-1))
        return {"logits": outputs, "probabilities": tf.nn.softmax(outputs), "label": label}
    if isinstance(task, BertNextSentencePredictor):
        return {"logits": outputs, "probabilities": tf.nn.softmax(outputs)}
    if isinstance(task, BertTextRegressor):
        return {"values": outputs}
    if isinstance(task, BertTextEmbedder):
        return {"embeddings": outputs}
    return outputs if isinstance(outputs, dict) else {"outputs": outputs}
