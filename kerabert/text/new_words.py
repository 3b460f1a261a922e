"""Words of a new field that a vocabulary should know."""

from collections.abc import Iterable

from kerabert.text.token_rows import check_integer
from kerabert.text.tokenizer import BertTokenizer
from kerabert.text.vocabulary import count_words


def choose_new_words(
    texts: Iterable[str],
    tokenizer: BertTokenizer,
    size: int,
    min_frequency: int = 10,
    min_pieces: int = 3,
) -> list[str]:
    """Return the words of texts that a tokenizer cuts into most pieces, counted over all texts.

    A word that occurs `n` times in `p` pieces costs `n * (p - 1)` tokens more than it would as one
    piece; the words that cost most come first, of equal ones the first in the order of Unicode.

    Args:
        texts: strings, gone through once.
        tokenizer: `BertTokenizer`.
        size: int, how many words at most.
        min_frequency: int, how often a word must occur. Default 10.
        min_pieces: int, into how many pieces it must be cut. Default 3.

    Returns:
        Words as the tokenizer splits and lower-cases them; fewer than `size` where the texts do
        not hold more.

    Raises:
        ValueError: if an argument is out of range, or a text is no string.

    Example:

    >>> special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    >>> tokenizer = BertTokenizer([*special, "met", "##form", "##in", "a"])
    >>> choose_new_words(["a Metformin", "metformin"], tokenizer, size=5, min_frequency=2)
    ['metformin']
    """
    check_integer("size", size, 1)
    check_integer("min_frequency", min_frequency, 1)
    check_integer("min_pieces", min_pieces, 2)
    strip = tokenizer.lowercase if tokenizer.strip_accents is None else tokenizer.strip_accents
    counts = count_words(
        texts,
        lowercase=tokenizer.lowercase,
        strip_accents=strip,
        split_cjk=tokenizer.split_cjk,
    )
    words = [word for word, count in counts.items() if count >= min_frequency]
    costs = {}
    for word, ids in zip(words, tokenizer(words), strict=True):
        # A word with unknown characters is one piece, and none of it is known: it counts as many.
        is_unknown = ids == [tokenizer.unknown_id]
        num_pieces = len(word) if is_unknown else len(ids)
        if num_pieces >= min_pieces:
            costs[word] = counts[word] * (num_pieces - 1)
    return sorted(costs, key=lambda word: (-costs[word], word))[:size]
