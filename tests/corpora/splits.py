"""Functions that split texts in other processes, and say what those have imported."""

import os
import signal
import sys


def split_without_keras(text):
    if "keras" in sys.modules:
        raise RuntimeError("this process has imported Keras")
    if "__mp_main__" in sys.modules and hasattr(sys.modules["__mp_main__"], "build"):
        raise RuntimeError("this process has run the user's script")
    return [text]


def split_with_kerabert(text):
    from kerabert import BertTokenizer, corpora
    from kerabert.text import SequencePacker, word_piece

    assert "keras" in sys.modules and BertTokenizer and SequencePacker and word_piece
    return corpora.split_sentences(text)


def split_and_be_killed(text):
    os.kill(os.getpid(), signal.SIGKILL)
