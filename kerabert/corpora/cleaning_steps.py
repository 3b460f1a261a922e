"""Steps that clean a document: each changes a text, or drops it by returning None."""

import hashlib
import re
import unicodedata
from collections import Counter
from typing import Any

from kerabert.corpora.markup import remove_markup as remove_markup
from kerabert.layers.arguments import check_positive_integers


def repair_unicode(text: str) -> str:
    """Undo wrong decodings ("Ã©" for "é") and the like, by the library ftfy.

    Example:

    >>> repair_unicode("cafÃ©")
    'café'
    """
    import ftfy

    return str(ftfy.fix_text(text))


def remove_control_characters(text: str) -> str:
    """Drop control, format and private characters, all but line ends and tabs.

    Example:

    >>> remove_control_characters("a\\x00b\\u200bc\\n")
    'abc\\n'
    """
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cs")
    )


_BOILERPLATE = re.compile(
    r"\b(all rights reserved|cookie policy|privacy policy|terms of (use|service)|"
    r"sign (in|up)|log ?in|subscribe|click here|share (this|on)|follow us|"
    r"javascript is (disabled|required)|copyright ©)",
    re.IGNORECASE,
)


def remove_boilerplate(text: str) -> str | None:
    """Drop lines of what stands around a text on a page: menus, notices, lines without words.

    A line of under 15 words that holds such a phrase goes, and one whose characters are letters
    to less than a half. A document of nothing else is dropped.

    Example:

    >>> remove_boilerplate("The drug helps.\\nShare this page\\n>>> | <<<")
    'The drug helps.'
    """
    kept = [
        line
        for line in text.split("\n")
        if not line.strip()
        or not (
            (len(line.split()) < 15 and _BOILERPLATE.search(line))
            or sum(map(str.isalnum, line)) < 0.5 * len("".join(line.split()))
        )
    ]
    return "\n".join(kept).strip() or None


_PERSONAL = (
    ("[email]", re.compile(r"\b[\w.+-]+@[\w-]+(\.[\w-]+)+\b")),
    ("[url]", re.compile(r"\b(https?://|www\.)[^\s<>\"']+")),
    ("[ssn]", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),
    ("[record]", re.compile(r"\b(MRN|medical record (number|no\.?))[\s:#]*\d{4,}", re.IGNORECASE)),
    (
        "[phone]",
        re.compile(r"(?<![\w-])(\+?\d{1,3}[ .-])?(\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}\b"),
    ),
    (
        "[date]",
        re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-](19|20)?\d{2}\b|\b(19|20)\d{2}-\d{2}-\d{2}\b"),
    ),
)


def mask_personal_data(text: str) -> str:
    """Put a word in place of e-mail and web addresses, telephone, social security and record
    numbers, and dates of days.

    By patterns alone: names of people and places stay. It is no de-identification in the sense
    of the law.

    Example:

    >>> mask_personal_data("Call 617-555-0123 or ann@example.org, seen 03/14/2019.")
    'Call [phone] or [email], seen [date].'
    """
    for word, pattern in _PERSONAL:
        text = pattern.sub(word, text)
    return text


class LengthFilter:
    """Drops texts with fewer words than `least` or more than `most`.

    Args:
        least: int, words. Default 5.
        most: int, words, or None for no bound. Default None.

    Example:

    >>> LengthFilter(least=2)("word") is None
    True
    """

    def __init__(self, least: int = 5, most: int | None = None) -> None:
        check_positive_integers(least=least)
        self.least = least
        self.most = most

    def __call__(self, text: str) -> str | None:
        words = count_words(text)
        return text if self.least <= words <= (self.most or words) else None


class LanguageFilter:
    """Drops texts that are not in one of the languages, by the library py3langid.

    Args:
        languages: str or list of str, ISO 639-1 codes: "en", "zh".
        characters: int, how much of a text's beginning is looked at. Default 2000.

    Example:

    >>> LanguageFilter("en")("Dies ist ein deutscher Satz über das Wetter.") is None
    True
    """

    def __init__(self, languages: Any, characters: int = 2000) -> None:
        check_positive_integers(characters=characters)
        self.languages = {languages} if isinstance(languages, str) else set(languages)
        self.characters = characters

    def __call__(self, text: str) -> str | None:
        import py3langid

        return text if py3langid.classify(text[: self.characters])[0] in self.languages else None


class RepetitionFilter:
    """Drops texts that repeat themselves.

    Args:
        line_share: float, the most of the lines that may stand there before. Default 0.3.
        phrase_share: float, the most of all words that the commonest phrase of `phrase_length`
            words may make up. Default 0.2.
        phrase_length: int, words. Default 3.

    Example:

    >>> RepetitionFilter()("buy this now " * 20) is None
    True

    Source: Rae et al., 2021, appendix A.1.1, table A1, whose bounds these are.
    """

    def __init__(
        self, line_share: float = 0.3, phrase_share: float = 0.2, phrase_length: int = 3
    ) -> None:
        check_positive_integers(phrase_length=phrase_length)
        self.line_share = line_share
        self.phrase_share = phrase_share
        self.phrase_length = phrase_length

    def __call__(self, text: str) -> str | None:
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        if len(lines) - len(set(lines)) > self.line_share * len(lines):
            return None
        words = text.lower().split()
        phrases = Counter(zip(*(words[i:] for i in range(self.phrase_length)), strict=False))
        most = max(phrases.values(), default=0)
        if most > 1 and most * self.phrase_length > self.phrase_share * len(words):
            return None
        return text


class ExactDuplicates:
    """Drops texts that came before, but for case and white space. Remembers 16 bytes a text.

    Example:

    >>> step = ExactDuplicates()
    >>> step("One  text"), step("one text")
    ('One  text', None)
    """

    def __init__(self) -> None:
        self.seen: set[bytes] = set()

    @staticmethod
    def digest(text: str) -> bytes:
        """What is the same for texts that are taken for the same."""
        return hashlib.blake2b(" ".join(text.lower().split()).encode(), digest_size=16).digest()

    def __call__(self, text: str) -> str | None:
        digest = self.digest(text)
        if digest in self.seen:
            return None
        self.seen.add(digest)
        return text


class NearDuplicates:
    """Drops texts nearly all of whose phrases stand in one that came before, by MinHash.

    Two texts are taken for the same where the share of common phrases among all phrases of both
    (Jaccard) reaches the threshold, as the library datasketch estimates it.

    Args:
        threshold: float in (0, 1). Default 0.8.
        phrase_length: int, words of a phrase. Default 5.
        num_permutations: int, of MinHash: more are more exact and slower. Default 128.

    Example:

    >>> step, text = NearDuplicates(), " ".join(str(number) for number in range(200))
    >>> step(text) is not None, step(text.replace("77", "78")) is None
    (True, True)

    Source: Broder, 1997; Lee et al., 2022, section 4.2, for text corpora.
    """

    def __init__(
        self, threshold: float = 0.8, phrase_length: int = 5, num_permutations: int = 128
    ) -> None:
        from datasketch import MinHashLSH

        check_positive_integers(phrase_length=phrase_length, num_permutations=num_permutations)
        if not 0 < threshold < 1:
            raise ValueError(f"`threshold` must lie in (0, 1). Received: threshold={threshold}")
        self.phrase_length = phrase_length
        self.num_permutations = num_permutations
        self.index = MinHashLSH(threshold=threshold, num_perm=num_permutations)
        self.number = 0

    def __call__(self, text: str) -> str | None:
        from datasketch import MinHash

        words = text.lower().split()
        size = min(self.phrase_length, len(words))
        phrases = {" ".join(words[i : i + size]).encode() for i in range(len(words) - size + 1)}
        sketch = MinHash(num_perm=self.num_permutations, seed=1)
        sketch.update_batch(sorted(phrases))
        if self.index.query(sketch):
            return None
        self.index.insert(self.number, sketch)
        self.number += 1
        return text


_CJK = re.compile(r"[\u3400-\u9fff]")


def count_words(text: str) -> int:
    """Count the words of a text; each Chinese character is one.

    Example:

    >>> count_words("two words"), count_words("他来了 ok")
    (2, 4)
    """
    return len(_CJK.sub(" x ", text).split())
