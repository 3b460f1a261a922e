"""Readers of the files that labelled data come in: a function a format, no backend."""

from kerabert.datasets.conll import read_conll
from kerabert.datasets.hugging_face import from_hugging_face
from kerabert.datasets.json_lines import read_json_lines
from kerabert.datasets.squad import SquadQuestions, read_squad
from kerabert.datasets.tables import read_csv, read_tsv

__all__ = [
    "SquadQuestions",
    "from_hugging_face",
    "read_conll",
    "read_csv",
    "read_json_lines",
    "read_squad",
    "read_tsv",
]
