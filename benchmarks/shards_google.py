"""Pretraining examples as Google's script makes them, with Hugging Face's fast tokeniser.

Written anew from the description of `create_pretraining_data.py` in google-research/bert: all
documents in memory; each is cut into pairs of segments, half of the second ones from a stranger;
15 % of the tokens are hidden; as many copies of all as asked, shuffled; tf.train.Examples.
"""

import argparse
import gzip
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from process_memory import stopped, watched

from kerabert.corpora import split_sentences

LENGTH, MASKS, MASK_RATE, SHORT_RATE = 128, 20, 0.15, 0.1  # as that script has them


def run_google(arguments: argparse.Namespace) -> dict[str, Any]:
    """All in memory: tokenise, make examples, as many copies as asked, write them."""
    os.environ.setdefault("RAYON_NUM_THREADS", str(os.cpu_count()))
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    import tensorflow as tf
    import transformers

    rust = transformers.BertTokenizerFast(str(arguments.vocabulary)).backend_tokenizer
    special = {token: rust.token_to_id(token) for token in ("[CLS]", "[SEP]", "[MASK]")}
    chance = random.Random(12345)
    copies = arguments.copies[0]
    with tempfile.TemporaryDirectory() as folder, watched() as facts:
        documents = read_documents(arguments.text, rust)
        tokens = sum(len(sentence) for document in documents for sentence in document)
        facts["tokenised_seconds"] = time.perf_counter() - facts["begin"]
        chance.shuffle(documents)
        examples = []
        for _ in range(copies):
            for number in range(len(documents)):
                for first, second, label in pairs_of(documents, number, chance):
                    examples.append(
                        (*mask(first, second, special, rust.get_vocab_size(), chance), label)
                    )
        chance.shuffle(examples)
        with tf.io.TFRecordWriter(str(Path(folder, "examples.tfrecord"))) as writer:
            for example in examples:
                writer.write(serialized(example, tf))
        facts |= stopped(facts)
        facts |= {"documents": len(documents), "tokens": tokens, "examples": len(examples)}
    return facts


def read_documents(path: Path, rust: Any) -> list[list[list[int]]]:
    """Documents as lists of sentences as lists of ids, tokenised many sentences at a time."""
    texts: list[list[str]] = [[]]
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                texts[-1] += split_sentences(line)
            elif texts[-1]:
                texts.append([])
    documents: list[list[list[int]]] = []
    for start in range(0, len(texts), 200):
        part = texts[start : start + 200]
        flat = [sentence for document in part for sentence in document]
        ids = iter([e.ids for e in rust.encode_batch_fast(flat, add_special_tokens=False)])
        documents += [[next(ids) for _ in document] for document in part]
    kept = [[sentence for sentence in document if sentence] for document in documents]
    return [document for document in kept if document]


def pairs_of(
    documents: list[list[list[int]]], number: int, chance: random.Random
) -> Iterator[tuple[list[int], list[int], int]]:
    """The pairs of segments of one document, half of them with a stranger."""
    room = LENGTH - 3
    sentences = documents[number]

    def target() -> int:
        return chance.randint(2, room) if chance.random() < SHORT_RATE else room

    wanted, chunk, size, place = target(), [], 0, 0
    while place < len(sentences):
        chunk.append(sentences[place])
        size += len(sentences[place])
        place += 1
        if size < wanted and place < len(sentences):
            continue
        cut = chance.randint(1, len(chunk) - 1) if len(chunk) > 1 else 1
        first = [id for sentence in chunk[:cut] for id in sentence]
        second: list[int] = []
        is_random = len(chunk) == 1 or chance.random() < 0.5
        if is_random:
            other = number
            while other == number:
                other = chance.randrange(len(documents))
            for sentence in documents[other][chance.randrange(len(documents[other])) :]:
                second += sentence
                if len(second) >= wanted - len(first):
                    break
            place -= len(chunk) - cut
        else:
            second = [id for sentence in chunk[cut:] for id in sentence]
        while len(first) + len(second) > room:
            longer = first if len(first) > len(second) else second
            longer.pop(0 if chance.random() < 0.5 else -1)
        yield first, second, int(is_random)
        wanted, chunk, size = target(), [], 0


def mask(
    first: list[int],
    second: list[int],
    special: dict[str, int],
    vocabulary_size: int,
    chance: random.Random,
) -> tuple[list[int], int, list[int], list[int]]:
    """The ids with some hidden, where the second segment begins, the places, the answers."""
    ids = [special["[CLS]"], *first, special["[SEP]"], *second, special["[SEP]"]]
    begin = len(first) + 2
    places = [i for i in range(1, len(ids) - 1) if i != begin - 1]
    chance.shuffle(places)
    places = sorted(places[: min(MASKS, max(1, round(len(ids) * MASK_RATE)))])
    answers = [ids[place] for place in places]
    for place in places:
        fate = chance.random()
        if fate < 0.8:
            ids[place] = special["[MASK]"]
        elif fate < 0.9:
            ids[place] = chance.randrange(vocabulary_size)
    return ids, begin, places, answers


def serialized(example: tuple[list[int], int, list[int], list[int], int], tf: Any) -> bytes:
    """An example, padded, as the bytes of a tf.train.Example."""
    ids, begin, places, answers, label = example
    gap, rest = LENGTH - len(ids), MASKS - len(places)
    numbers = {
        "input_ids": ids + [0] * gap,
        "input_mask": [1] * len(ids) + [0] * gap,
        "segment_ids": [0] * begin + [1] * (len(ids) - begin) + [0] * gap,
        "masked_lm_positions": places + [0] * rest,
        "masked_lm_ids": answers + [0] * rest,
        "next_sentence_labels": [label],
    }
    feature = {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        for name, values in numbers.items()
    }
    weights = [1.0] * len(places) + [0.0] * rest
    feature["masked_lm_weights"] = tf.train.Feature(float_list=tf.train.FloatList(value=weights))
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()
