"""Training a vocabulary of word pieces from text."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from kerabert.text.arguments import described, hides_members
from kerabert.text.token_rows import check_integer
from kerabert.text.word_piece import CONTINUATION, LONGEST_WORD, split_words

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

# Control characters that str.split() splits at, but that BERT removes.
_NO_WHITE_SPACE = dict.fromkeys(map(ord, "\x0b\x0c\x1c\x1d\x1e\x1f\x85"))

Pair = tuple[str, str]


def train_vocabulary(
    texts: Iterable[str],
    size: int,
    lowercase: bool = True,
    strip_accents: bool | None = None,
    split_cjk: bool = True,
    special_tokens: Sequence[str] = SPECIAL_TOKENS,
    num_reserved: int = 0,
    min_frequency: int = 2,
    verbose: bool = False,
) -> list[str]:
    """Train a vocabulary of word pieces.

    Words are split as `BertTokenizer` does. Each begins as its characters; then the two
    neighbouring pieces that occur together most often become one, again and again, until the
    vocabulary is full: of pairs that are equally frequent, the first in the order of Unicode. So
    the vocabulary is a function of the word counts alone, not of the order of the texts.

    Args:
        texts: strings, gone through once; only word counts are kept.
        size: int, pieces in all, the special and reserved ones among them.
        lowercase: see `BertTokenizer`. Default True.
        strip_accents: see `BertTokenizer`. Default: as `lowercase`.
        split_cjk: see `BertTokenizer`. Default True.
        special_tokens: the first pieces. Default: [PAD], [UNK], [CLS], [SEP], [MASK].
        num_reserved: int, places kept for words of one's own, "[unused0]" and so on, after the
            special tokens. Default 0.
        min_frequency: int, how often a character or a pair must occur. Default 2.
        verbose: bool, show progress. Default False.

    Returns:
        The pieces in the order of their ids, at most `size`: fewer where the text does not hold
        more that are frequent enough.

    Raises:
        ValueError: if an argument is out of range, no text holds a word, or the size is too small
            for the special tokens and the characters.

    Example:

    >>> train_vocabulary(["low lower lowest", "new newer newest"], 21)[5:]
    ['l', 'n', '##e', '##o', '##r', '##s', '##t', '##w', '##we', 'lo', 'ne', '##st', '##wer', \
'##west']

    Source: Wu et al., 2016, section 4.1, in the form that Google's published vocabularies fit;
    the merging rule is that of Sennrich et al., 2016, section 3.2: the most frequent pair.
    """
    check_integer("size", size, 1)
    check_integer("num_reserved", num_reserved, 0)
    check_integer("min_frequency", min_frequency, 1)
    strip = lowercase if strip_accents is None else strip_accents
    words = count_words(texts, lowercase=lowercase, strip_accents=strip, split_cjk=split_cjk)
    pieces = [*special_tokens, *(f"[unused{i}]" for i in range(num_reserved))]
    if len(set(pieces)) < len(pieces):
        raise ValueError(f"`special_tokens` must be different. Received: {special_tokens}")

    characters: Counter[str] = Counter()
    for word, count in words.items():
        for piece in _characters(word):
            characters[piece] += count
    alphabet = sorted(
        (piece for piece, count in characters.items() if count >= min_frequency),
        key=lambda piece: (piece.startswith(CONTINUATION) and len(piece) > 2, piece),
    )
    alphabet = [piece for piece in alphabet if piece not in pieces]
    if not alphabet:
        raise ValueError("`texts` must hold words. Received: none that is frequent enough.")
    if len(pieces) + len(alphabet) > size:
        raise ValueError(
            f"`size` must be at least {len(pieces) + len(alphabet)}, for the special tokens and "
            f"the {len(alphabet)} characters. Received: size={size}"
        )
    pieces += alphabet
    known = set(alphabet)
    spelled = [
        (_characters(word), count)
        for word, count in sorted(words.items())
        if known.issuperset(_characters(word))
    ]
    pieces += _merge(spelled, size - len(pieces), min_frequency, set(pieces), verbose)
    return pieces


def count_words(
    texts: Iterable[str], *, lowercase: bool, strip_accents: bool, split_cjk: bool
) -> Counter[str]:
    """Count the words of texts as `BertTokenizer` splits them, those that are not too long."""
    if hides_members(texts) or not isinstance(texts, Iterable):
        raise ValueError(
            f"`texts` must be a list or an iterator of strings. Received: {described(texts)}."
        )
    chunks: Counter[str] = Counter()
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"`texts` must be strings. Received: number {row} is {text!r}.")
        chunks.update(text.translate(_NO_WHITE_SPACE).split())
    words: Counter[str] = Counter()
    for chunk, count in chunks.items():  # each chunk is split once, however often it occurs
        for word in split_words(
            chunk, lowercase=lowercase, strip_accents=strip_accents, split_cjk=split_cjk
        ):
            if len(word) <= LONGEST_WORD:
                words[word] += count
    return words


def _characters(word: str) -> list[str]:
    return [word[0], *(CONTINUATION + character for character in word[1:])]


def _merge(
    words: list[tuple[list[str], int]],
    num_merges: int,
    min_frequency: int,
    taken: set[str],
    verbose: bool,
) -> list[str]:
    """Merge the most frequent pair of neighbours until there are so many new pieces."""
    counts: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for number, (symbols, count) in enumerate(words):
        for pair in pairwise(symbols):
            counts[pair] += count
            places[pair].add(number)
    queue = [(-count, pair) for pair, count in counts.items()]
    heapq.heapify(queue)
    bar = _progress_bar(num_merges) if verbose else None
    merged: list[str] = []
    while queue and len(merged) < num_merges:
        count, pair = heapq.heappop(queue)
        if -count != counts[pair]:
            continue  # out of date: the pair has been put in again with its present count
        if -count < min_frequency:
            break
        piece = pair[0] + pair[1].removeprefix(CONTINUATION)
        if piece not in taken:  # another pair may have made it before
            merged.append(piece)
            taken.add(piece)
            if bar is not None:
                bar.update(len(merged))
        changed = _replace(words, pair, piece, counts, places)
        for other in changed:
            if counts[other] > 0:
                heapq.heappush(queue, (-counts[other], other))
    return merged


def _replace(
    words: list[tuple[list[str], int]],
    pair: Pair,
    piece: str,
    counts: Counter[Pair],
    places: defaultdict[Pair, set[int]],
) -> list[Pair]:
    """Write a pair as one piece wherever it is; return the pairs whose count changed."""
    changed: set[Pair] = set()
    for number in places.pop(pair):
        symbols, count = words[number]
        for other in pairwise(symbols):
            counts[other] -= count
            changed.add(other)
            places[other].discard(number)
        i = 0
        while i < len(symbols) - 1:
            if (symbols[i], symbols[i + 1]) == pair:
                symbols[i : i + 2] = [piece]
            i += 1
        for other in pairwise(symbols):
            counts[other] += count
            changed.add(other)
            places[other].add(number)
    counts.pop(pair, None)
    changed.discard(pair)
    return sorted(changed)


def _progress_bar(total: int) -> Any:
    import keras

    return keras.utils.Progbar(total, unit_name="piece")
