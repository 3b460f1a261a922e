"""Readers of the files that labelled data come in: a function a format, no backend."""

from kerabert.datasets.conll import read_conll

__all__ = ["read_conll"]
