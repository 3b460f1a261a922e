"""Which files of a repository make a preset: those are downloaded, and nothing else."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

# Configuration and vocabulary, as patterns. Old directories of sentence-transformers have the
# BERT in a folder, 0_Transformer or 0_BERT.
TEXT_FILES = (
    "kerabert.json",
    "config.json",
    "vocab.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    # sentence-transformers
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "[0-9]_*/config.json",
    "[0-9]_*/vocab.txt",
    "[0-9]_*/tokenizer.json",
    "[0-9]_*/tokenizer_config.json",
    "[0-9]_*/special_tokens_map.json",
    "[0-9]_*/sentence_bert_config.json",
    # KerasHub
    "metadata.json",
    "task.json",
    "preprocessor.json",
    "assets/tokenizer/vocabulary.txt",
    "assets/vocabulary.txt",
    # Google, and its SavedModels
    "bert_config.json",
    "assets/bert_config.json",
    "assets/vocab.txt",
)

# What holds weights: a file that must be there, and the patterns of all of them. The first that
# fits is taken.
_WEIGHTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("model.safetensors", ("model.safetensors",)),
    ("0_*/model.safetensors", ("0_*/model.safetensors",)),
    ("model.safetensors.index.json", ("model-*-of-*.safetensors", "model.safetensors.index.json")),
    ("model.weights.h5", ("model.weights.h5", "task.weights.h5")),
    ("model.weights.json", ("model.weights.json", "model_[0-9]*.weights.h5", "task.weights.h5")),
    ("bert_config.json", ("bert_model.ckpt.index", "bert_model.ckpt.data-*")),
    ("bert_config.json", ("model.ckpt-[0-9]*.index", "model.ckpt-[0-9]*.data-*")),
    ("assets/bert_config.json", ("variables/variables.index", "variables/variables.data-*")),
)
_PICKLED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pytorch_model.bin", ("pytorch_model.bin",)),
    ("0_*/pytorch_model.bin", ("0_*/pytorch_model.bin",)),
    ("pytorch_model.bin.index.json", ("pytorch_model-*-of-*.bin", "pytorch_model.bin.index.json")),
)


def choose_files(
    names: Iterable[str], source: str, weights: bool = True, load_pickled: bool = False
) -> list[str]:
    """Return the names of the files that make a preset.

    Args:
        names: the names of all files there are, with "/" between their parts.
        source: str, what has them, for the error.
        weights: bool, whether the weights are wanted. Default True.
        load_pickled: bool, whether weights may be PyTorch's pickles, where there are no others.
            Default False.

    Raises:
        ValueError: if the weights are wanted and are not there in a form that is read.

    Example:

    >>> choose_files(["config.json", "model.onnx", "model.safetensors", "vocab.txt"], "hf://a/b")
    ['config.json', 'model.safetensors', 'vocab.txt']
    """
    names = set(names)
    chosen = _match(names, TEXT_FILES)
    if weights:
        kinds = (*_WEIGHTS, *_PICKLED) if load_pickled else _WEIGHTS
        found = _find(names, kinds)
        if not found:
            raise ValueError(f"{source}: {_what_is_there(names)}")
        chosen |= found
    return sorted(chosen)


def _find(names: set[str], kinds: Iterable[tuple[str, tuple[str, ...]]]) -> set[str]:
    for needed, patterns in kinds:
        if _match(names, (needed,)) and (found := _match(names, patterns)):
            return found
    return set()


def _match(names: set[str], patterns: Iterable[str]) -> set[str]:
    return {name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)}


def _what_is_there(names: set[str]) -> str:
    if pickled := _find(names, _PICKLED):
        return (
            f"holds no safetensors, only {', '.join(sorted(pickled))}, which a pickle is in: give "
            "`load_pickled=True` to have PyTorch read the tensors of it, and nothing else."
        )
    others = _match(names, ("*.h5", "*.msgpack", "*.onnx", "*.bin", "*.safetensors", "*.ckpt*"))
    found = ", ".join(sorted(others)) if others else "none"
    return f"the weights must be in model.safetensors. Received: {found}."
