"""Hosted presets by name: where they are, and what is known of them without opening them.

Sources. KerasHub's names, versions and parameter counts: `bert_presets.py` of keras-hub 0.32; their
licence: the model cards of https://huggingface.co/keras. The others: the pages and file lists of
their repositories on https://huggingface.co, where a licence that the card does not state is
"unknown"; their parameter counts follow from the sizes in their config.json. What is None was not
found. A licence here is what was written there once: the page itself is what holds.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownPreset:
    """What is known of a preset.

    Attributes:
        name: str, what `from_preset` takes.
        handle: str, where it is: `hf://...`, `kaggle://...`, or "shipped".
        parameters: int, number of the backbone's parameters, its pooler included; or None.
        language: str, a code of two letters, or "multi"; or None.
        cased: bool, whether upper and lower case were told apart in training; or None.
        license: str, as the hub abbreviates it; "unknown" if its page states none.
        needs: str, an argument that `from_preset` must be given besides; "" for none.
    """

    name: str
    handle: str
    parameters: int | None
    language: str | None
    cased: bool | None
    license: str
    needs: str = ""


_PICKLED = "load_pickled=True"  # the repository holds pytorch_model.bin and no safetensors

_SMALL, _BASE, _LARGE = 33_360_000, 109_482_240, 335_141_888
_CASED_BASE = 108_310_272


def _keras(
    name: str, version: int, parameters: int, language: str = "en", cased: bool = False
) -> KnownPreset:
    handle = f"kaggle://keras/bert/keras/{name}/{version}"
    return KnownPreset(name, handle, parameters, language, cased, "apache-2.0")


def _encoder(
    name: str,
    repository: str,
    parameters: int,
    license: str = "mit",
    language: str = "en",
    cased: bool | None = False,
    needs: str = "",
) -> KnownPreset:
    return KnownPreset(name, f"hf://{repository}", parameters, language, cased, license, needs)


def _medical(repository: str, parameters: int, cased: bool, license: str) -> KnownPreset:
    handle = f"hf://{repository}"
    return KnownPreset(handle, handle, parameters, "en", cased, license, _PICKLED)


KNOWN_PRESETS = (
    # Google's checkpoints, as KerasHub keeps them.
    _keras("bert_tiny_en_uncased", 3, 4_385_920),
    _keras("bert_small_en_uncased", 3, 28_763_648),
    _keras("bert_medium_en_uncased", 3, 41_373_184),
    _keras("bert_base_en_uncased", 3, _BASE),
    _keras("bert_base_en", 3, _CASED_BASE, cased=True),
    _keras("bert_base_zh", 3, 102_267_648, language="zh", cased=True),
    _keras("bert_base_multi", 3, 177_853_440, language="multi", cased=True),
    _keras("bert_large_en_uncased", 3, _LARGE),
    _keras("bert_large_en", 3, 333_579_264, cased=True),
    _keras("bert_tiny_en_uncased_sst2", 5, 4_385_920),
    # Sentence encoders, by KerasHub's names where it has one. From their publishers' repositories,
    # whose files state the pooling and the prompts.
    _encoder(
        "all_minilm_l6_v2_en", "sentence-transformers/all-MiniLM-L6-v2", 22_713_216, "apache-2.0"
    ),
    _encoder(
        "all_minilm_l12_v2_en", "sentence-transformers/all-MiniLM-L12-v2", _SMALL, "apache-2.0"
    ),
    _encoder("bge_small_v1.5_en", "BAAI/bge-small-en-v1.5", _SMALL),
    _encoder("bge_base_v1.5_en", "BAAI/bge-base-en-v1.5", _BASE),
    _encoder("bge_large_v1.5_en", "BAAI/bge-large-en-v1.5", _LARGE),
    _encoder("bge_small_v1.5_zh", "BAAI/bge-small-zh-v1.5", 23_953_920, language="zh", cased=None),
    _encoder(
        "bge_base_v1.5_zh",
        "BAAI/bge-base-zh-v1.5",
        102_267_648,
        language="zh",
        cased=None,
        needs=_PICKLED,
    ),
    _encoder(
        "bge_large_v1.5_zh",
        "BAAI/bge-large-zh-v1.5",
        325_522_432,
        language="zh",
        cased=None,
        needs=_PICKLED,
    ),
    _encoder("e5_small_v2_en", "intfloat/e5-small-v2", _SMALL),
    _encoder("e5_base_v2_en", "intfloat/e5-base-v2", _BASE),
    _encoder("e5_large_v2_en", "intfloat/e5-large-v2", _LARGE),
    _encoder("gte_small_en", "thenlper/gte-small", _SMALL),
    _encoder("gte_base_en", "thenlper/gte-base", _BASE),
    _encoder("gte_large_en", "thenlper/gte-large", _LARGE),
    # Clinical and biomedical.
    _medical("emilyalsentzer/Bio_ClinicalBERT", _CASED_BASE, True, "mit"),
    _medical("emilyalsentzer/Bio_Discharge_Summary_BERT", _CASED_BASE, True, "mit"),
    _medical("microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract", _BASE, False, "mit"),
    _medical("microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract-fulltext", _BASE, False, "mit"),
    _medical("dmis-lab/biobert-v1.1", _CASED_BASE, True, "unknown"),
    _medical("allenai/scibert_scivocab_uncased", 109_918_464, False, "unknown"),
)
