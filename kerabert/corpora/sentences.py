"""Splitting a text into sentences by simple rules, for English and Chinese."""

import re

# Words that end in a full stop within a sentence. Lower case; also single letters, as in initials.
_WORDS_WITH_STOP = """
mr mrs ms dr prof rev hon st sr jr messrs mme mlle gen col maj capt lt sgt cpl gov sen rep pres
viz cf fig figs eq eqs no nos vol vols ch sec ed eds pp al approx dept est inc ltd co corp bros vs
e.g i.e u.s u.k u.n a.m b.c a.d ph.d mt ft ave blvd rd
jan feb mar apr jun jul aug sep sept oct nov dec
"""
_ABBREVIATIONS = frozenset(_WORDS_WITH_STOP.split())
_CLOSING = "\"'”’»)]}"
_OPENING = "\"'“‘«([{"
# An end: marks, then what closes a quotation or a bracket, then white space.
_WESTERN_END = re.compile(rf"([.!?…]+)([{re.escape(_CLOSING)}]*)\s+")
_EASTERN_END = re.compile(r"[。！？!?…]+[”’」』）〉》\"']*")
_IS_EASTERN = re.compile(r"[。！？]")


def split_sentences(text: str) -> list[str]:
    """Split a text into sentences.

    A line end always ends a sentence. Within a line, a sentence ends at `.`, `!`, `?` or `…` and
    the quotes and brackets that close behind it, if white space follows and then what can begin a
    sentence: no lower-case letter. A full stop behind an abbreviation ("Dr."), an initial ("J.")
    or a number in a list ("1.") at the beginning ends none. The Chinese marks 。！？ end one
    whatever follows.

    Args:
        text: str.

    Returns:
        The sentences without the white space around them; none is empty.

    Example:

    >>> split_sentences('Dr. Smith came at 3.5 p.m. today. "Why?" he asked. It rained.')
    ['Dr. Smith came at 3.5 p.m. today.', '"Why?" he asked.', 'It rained.']
    >>> split_sentences("他来了。“你好！”她说。")
    ['他来了。', '“你好！”', '她说。']
    """
    sentences = []
    for line in text.splitlines():
        line = line.strip()
        for part in _split_eastern(line) if _IS_EASTERN.search(line) else [line]:
            sentences += _split_western(part)
    return [sentence for sentence in sentences if sentence]


def _split_eastern(line: str) -> list[str]:
    parts, start = [], 0
    for match in _EASTERN_END.finditer(line):
        if _IS_EASTERN.search(match.group()):
            parts.append(line[start : match.end()].strip())
            start = match.end()
    return [*parts, line[start:].strip()]


def _split_western(line: str) -> list[str]:
    sentences, start = [], 0
    for match in _WESTERN_END.finditer(line):
        if _ends_here(line[start : match.end(1)], match.group(1), line[match.end() :]):
            sentences.append(line[start : match.end(2)].strip())
            start = match.end()
    return [*sentences, line[start:].strip()]


def _ends_here(before: str, marks: str, after: str) -> bool:
    following = after.lstrip(_OPENING)[:1]
    if following.islower() or not after:
        return False
    if marks != ".":
        return True
    word = before[:-1].rsplit(None, 1)[-1].lstrip(_OPENING) if before[:-1].strip() else ""
    is_initial = len(word) == 1 and word.isalpha() and word.isupper()
    is_list_number = word.isdigit() and before[:-1].strip() == word
    return not (is_initial or is_list_number or word.lower() in _ABBREVIATIONS)
