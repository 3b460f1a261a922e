"""Files of one word a line, with its tag: the form of CoNLL's shared tasks."""

import os
from pathlib import Path

from kerabert.datasets.text_file import read_text

# Other white space, such as U+00A0 or U+3000, can be part of a word.
_BLANK = " \t\r"


def read_conll(
    path: str | os.PathLike[str], word_column: int = 0, tag_column: int = -1
) -> tuple[list[list[str]], list[list[str]]]:
    r"""Read sentences of words with a tag each.

    A line has a word and its tag in two of its columns, between tabs or, in a line without a tab,
    between spaces. A blank line ends a sentence; lines that begin with `-DOCSTART-` are left out.
    What the tags are is not checked here: `BertTokenClassifier` does that.

    Args:
        path: a file of UTF-8 text, or of gzip if its name ends in ".gz".
        word_column: int, which column is the word, from 0; negative from the end. Default 0.
        tag_column: int, which column is the tag. Default -1, the last.

    Returns:
        `(words, tags)`: two lists with a list of str for each sentence.

    Raises:
        ValueError: if the file cannot be read, is not UTF-8, has no sentence, or a line lacks one
            of the columns; with the number of the line, from 1.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "train.conll"
    ...     _ = path.write_text("Rick\tB-person\nsmiles\tO\n\nHi\tO\n")
    ...     read_conll(path)
    ([['Rick', 'smiles'], ['Hi']], [['B-person', 'O'], ['O']])
    """
    words: list[list[str]] = []
    tags: list[list[str]] = []
    is_new = True
    for number, line in enumerate(read_text(Path(path)).split("\n"), start=1):
        if not line.strip(_BLANK) or line.startswith("-DOCSTART-"):
            is_new = True
            continue
        line = line.rstrip("\r")
        columns = line.split("\t") if "\t" in line else [c for c in line.split(" ") if c]
        try:
            word, tag = columns[word_column].strip(_BLANK), columns[tag_column].strip(_BLANK)
        except IndexError:
            word = tag = ""
        if len(columns) < 2 or not word or not tag:
            raise ValueError(
                f"{path}: line {number} must have a word in column {word_column} and a tag in "
                f"column {tag_column}, between tabs or spaces. Received: {line[:60]!r}"
            )
        if is_new:
            words.append([])
            tags.append([])
            is_new = False
        words[-1].append(word)
        tags[-1].append(tag)
    if not words:
        raise ValueError(f"{path}: the file must have at least one sentence. Received: none.")
    return words, tags
