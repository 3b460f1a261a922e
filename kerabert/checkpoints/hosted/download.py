"""Downloading presets; each host's own library does it, into its own cache, with its own bars."""

from pathlib import Path

from kerabert.checkpoints.hosted.from_hugging_face import download_from_hugging_face
from kerabert.checkpoints.hosted.from_kaggle import download_from_kaggle
from kerabert.checkpoints.hosted.handles import KAGGLE, Handle


def download(handle: Handle, weights: bool = True, load_pickled: bool = False) -> Path:
    """Return the directory of a hosted preset in its host's cache, downloaded if need be.

    Args:
        handle: `Handle`.
        weights: bool, whether the weights are wanted. Kaggle's presets come whole. Default True.
        load_pickled: bool, whether weights may be PyTorch's pickles. Default False.

    Raises:
        ValueError: if the host's library is not installed, the preset is not there or not open
            to this user, it holds no weights that are read, or there is neither a network nor a
            copy in the cache.
    """
    if handle.host == KAGGLE:
        return download_from_kaggle(handle)
    return download_from_hugging_face(handle, weights, load_pickled)
