"""What the tests of the tokenisers share: a vocabulary, the reference and strange texts."""

import functools
import gzip
import json
import random
import sys
import unicodedata

from tests.checks import SHARED_DATA

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TINY = [*SPECIAL, "una", "##ffa", "##ble", "cafe", "the", "mask", "a", "##a", "i", *"![]中"]
TINY += ["ς", "##ς", "ᄒ", "##ᅡ", "##ᆫ"]


@functools.cache
def reference(lowercase: bool) -> tuple[list[str], list[list[int]]]:
    """The texts and ids of tokenizer_reference.jsonl.gz made with one setting of lowercase."""
    texts, ids = [], []
    with gzip.open(SHARED_DATA / "tokenizer_reference.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            example = json.loads(line)
            if example["lowercase"] == lowercase:
                texts.append(example["text"])
                ids.append(example["ids"])
    return texts, ids


@functools.cache
def assigned_characters() -> list[str]:
    """Every character but the unassigned, the private and surrogates, and one of each of those."""
    some = ["\u0378", "\ue000", "\ufffe", "\U0001ffff", "\U000f0000", "\U0010ffff"]
    characters = map(chr, range(sys.maxunicode + 1))
    return [c for c in characters if unicodedata.category(c) not in ("Cn", "Co", "Cs")] + some


@functools.cache
def telling_characters() -> list[str]:
    """The assigned characters, but few of the 127,000 letters without case: to rules, all one."""
    plain = [c for c in assigned_characters() if unicodedata.category(c) == "Lo"]
    return sorted(
        {*assigned_characters()} - {*plain} | {*plain[::20]} | {*map(chr, range(0xF900, 0xFB00))}
    )


def strange_texts(count: int, seed: int, surrogates: bool = True) -> list[str]:
    """Random texts of ASCII, of any characters, and of those that rules tend to get wrong."""
    generator = random.Random(seed)
    accents = [
        c
        for c in assigned_characters()
        if unicodedata.combining(c) or unicodedata.category(c) == "Mn"
    ]
    kinds = [
        list("aAbÀéñİßΣσςſǅ한각 ,.!?'-[]\t\n"),
        list("\x00\x0b\x0c\x1c\x1d\x1e\x1f\x85\x7f\xa0\xad\u200b\u2028\u2029\u3000\ufeff\ufffd "),
        list("中文𠀀豈ㄱあア한\u0378\ue000\U0010ffff"),
        ["[MASK]", "[UNK]", "[mask]", "##a", "unaffable"],
        accents,
        [c for c in accents if unicodedata.category(c) != "Mn"],
        assigned_characters(),
        ["\ud800", "\udfff"] if surrogates else ["x"],
        list(map(chr, range(128))),
    ]
    texts = []
    for _ in range(count):
        some = generator.sample(kinds, generator.randint(1, 4))
        length = generator.randint(0, 25)
        texts.append("".join(generator.choice(generator.choice(some)) for _ in range(length)))
    return texts
