"""Explanations and attention maps of one text, or of one pair."""

from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerabert.models.integrated_gradients import BASELINES, integrate_gradients
from kerabert.reports.attention_maps import AttentionMaps
from kerabert.reports.explanation import Attribution, Explanation
from kerabert.text.encoded_text import EncodedText
from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.token_rows import check_integer

if TYPE_CHECKING:
    from kerabert.models.task import BertTask
    from kerabert.models.text_classifier import BertTextClassifier


def explain_class(
    task: "BertTextClassifier", text: Any, target: Any, steps: int, baseline: str
) -> Explanation:
    """Return what each word adds to a class; see `BertTextClassifier.explain`."""
    texts = read_text(task, text)
    names = task.class_names
    if target is None:
        x = [texts[0]] if len(texts) == 1 else [texts]
        number = int(task.predict(x, verbose=0)[0].argmax())
    elif isinstance(target, str) and target in names:
        number = names.index(target)
    elif isinstance(target, int | np.integer) and 0 <= target < len(names):
        number = int(target)
    else:
        raise ValueError(
            f"`target` must be one of {names}, or a number in 0..{len(names) - 1}. "
            f"Received: target={target!r}"
        )
    as_log_odds = not task.multi_label
    return explain_output(task, text, number, names[number], as_log_odds, True, steps, baseline)


def explain_output(
    task: "BertTask",
    text: Any,
    output: int,
    target: str,
    as_log_odds: bool,
    is_class: bool,
    steps: int,
    baseline: str,
) -> Explanation:
    """Return what each word of a text adds to an output; see `integrate_gradients`.

    Args:
        target: str, what the output is called.
        is_class: bool, whether the output is the log-odds of a class.

    Raises:
        ValueError: if the text is no str or pair of str, or an argument is out of range.
    """
    check_integer("steps", steps, 1)
    if baseline not in BASELINES:
        raise ValueError(f"`baseline` must be one of {BASELINES}. Received: baseline={baseline!r}")
    texts = read_text(task, text)
    encoded = [task.require_tokenizer().encode_with_offsets(part) for part in texts]
    segments = [part.ids for part in encoded]
    found = integrate_gradients(task, segments, output, as_log_odds, steps, baseline)
    tokens, words = [], []
    for segment, (part, scores) in enumerate(zip(encoded, found.scores, strict=True)):
        tokens += [
            Attribution(piece, score, start, end, segment)
            for piece, score, (start, end) in zip(
                part.pieces, scores.tolist(), part.spans, strict=False
            )
        ]
        words += _add_up(texts[segment], part, scores.tolist(), segment)
    return Explanation(
        texts, target, found.output, found.baseline_output, tokens, words, baseline, is_class
    )


def read_text(task: "BertTask", text: Any) -> tuple[str, ...]:
    """Return a text as a tuple of one str, a pair as one of two.

    Raises:
        ValueError: if it is neither, or a pair that the backbone cannot take.
    """
    parts = (text,) if isinstance(text, str) else text
    if not isinstance(parts, tuple | list) or not all(isinstance(part, str) for part in parts):
        raise ValueError(
            f"`text` must be one str, or a pair of str. Received: a {type(text).__name__}."
        )
    if len(parts) not in (1, 2):
        raise ValueError(f"`text` must be one str, or a pair of str. Received: {len(parts)} of it.")
    if len(parts) == 2 and task.backbone.num_segments < 2:
        raise ValueError(
            "The backbone must have two segments to take pairs. "
            f"Received: num_segments={task.backbone.num_segments}."
        )
    return tuple(parts)


def read_attention(task: "BertTask", text: Any) -> AttentionMaps:
    """Return the attention of every layer and head for a text; see `BertTask.attention_maps`."""
    tokenizer = task.require_tokenizer()
    texts = read_text(task, text)
    packer = SequencePacker(
        tokenizer.start_id, tokenizer.separator_id, tokenizer.padding_id, task.sequence_length,
        pad_to="longest",
    )  # fmt: skip
    rows = [[tokenizer(part)] for part in texts]
    x = packer(rows[0], rows[1] if len(rows) == 2 else None)
    model = task.backbone.with_states(hidden_states=False, attention_weights=True)
    weights = model(x)["attention_weights"]
    maps = np.stack([ops.convert_to_numpy(ops.cast(layer, "float32"))[0] for layer in weights])
    tokens = [tokenizer.vocabulary[id] for id in x["token_ids"][0].tolist()]
    return AttentionMaps(tokens, maps)


def _add_up(
    text: str, encoded: EncodedText, scores: list[float], segment: int
) -> list[Attribution]:
    """The scores of words, of those that were read as far as they were."""
    words: list[Attribution] = []
    before = -1
    for score, (start, end), word in zip(scores, encoded.spans, encoded.word_numbers, strict=False):
        if word == before:
            start, score = words[-1].start, words[-1].score + score
            end = max(end, words.pop().end)
        words.append(Attribution(text[start:end], score, start, end, segment))
        before = word
    return words
