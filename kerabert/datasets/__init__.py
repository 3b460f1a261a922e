"""Readers of the files that labelled data come in: a function a format, no backend."""

from kerabert.datasets.conll import read_conll
from kerabert.datasets.squad import SquadQuestions, read_squad

__all__ = ["SquadQuestions", "read_conll", "read_squad"]
