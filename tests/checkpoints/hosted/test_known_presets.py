import pytest

from kerabert.checkpoints.hosted.handles import parse_handle
from kerabert.checkpoints.hosted.known_presets import KNOWN_PRESETS

# Vocabulary, hidden size, layers and inner size, from the papers and the repositories' config.json.
BASE, LARGE, SMALL = (768, 12, 3072), (1024, 24, 4096), (384, 12, 1536)
SIZES = {
    "bert_tiny_en_uncased": (30522, 128, 2, 512),
    "bert_tiny_en_uncased_sst2": (30522, 128, 2, 512),
    "bert_small_en_uncased": (30522, 512, 4, 2048),
    "bert_medium_en_uncased": (30522, 512, 8, 2048),
    "bert_base_en_uncased": (30522, *BASE),
    "bert_base_en": (28996, *BASE),
    "bert_base_zh": (21128, *BASE),
    "bert_base_multi": (119547, *BASE),
    "bert_large_en_uncased": (30522, *LARGE),
    "bert_large_en": (28996, *LARGE),
    "all_minilm_l6_v2_en": (30522, 384, 6, 1536),
    "all_minilm_l12_v2_en": (30522, *SMALL),
    "bge_small_v1.5_en": (30522, *SMALL),
    "bge_base_v1.5_en": (30522, *BASE),
    "bge_large_v1.5_en": (30522, *LARGE),
    "bge_small_v1.5_zh": (21128, 512, 4, 2048),
    "bge_base_v1.5_zh": (21128, *BASE),
    "bge_large_v1.5_zh": (21128, *LARGE),
    "e5_small_v2_en": (30522, *SMALL),
    "e5_base_v2_en": (30522, *BASE),
    "e5_large_v2_en": (30522, *LARGE),
    "gte_small_en": (30522, *SMALL),
    "gte_base_en": (30522, *BASE),
    "gte_large_en": (30522, *LARGE),
    "hf://emilyalsentzer/Bio_ClinicalBERT": (28996, *BASE),
    "hf://emilyalsentzer/Bio_Discharge_Summary_BERT": (28996, *BASE),
    "hf://microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract": (30522, *BASE),
    "hf://microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract-fulltext": (30522, *BASE),
    "hf://dmis-lab/biobert-v1.1": (28996, *BASE),
    "hf://allenai/scibert_scivocab_uncased": (31090, *BASE),
}


def test_names_are_there_once():
    assert sorted(preset.name for preset in KNOWN_PRESETS) == sorted(SIZES)


@pytest.mark.parametrize("preset", KNOWN_PRESETS, ids=lambda preset: preset.name)
def test_the_parameters_are_those_of_the_sizes(preset):
    vocabulary, hidden, layers, inner = SIZES[preset.name]
    layer = 4 * (hidden * hidden + hidden) + 2 * hidden * inner + inner + hidden + 4 * hidden
    embeddings = (vocabulary + 512 + 2) * hidden + 2 * hidden
    assert preset.parameters == embeddings + layers * layer + hidden * hidden + hidden


@pytest.mark.parametrize("preset", KNOWN_PRESETS, ids=lambda preset: preset.name)
def test_what_is_said_of_each(preset):
    handle = parse_handle(preset.handle)
    assert (handle.host == "kaggle") == (handle.revision is not None)  # a version is pinned
    assert preset.license in ("apache-2.0", "mit", "unknown")
    assert preset.language in ("en", "zh", "multi")
    assert preset.needs in ("", "load_pickled=True")
    if preset.name.endswith("_uncased"):
        assert preset.cased is False


def test_the_same_names_as_in_kerashub():
    """Their presets are read from their source: they need not be reached for that."""
    presets = pytest.importorskip("keras_hub.src.models.bert.bert_presets").backbone_presets
    common = [preset for preset in KNOWN_PRESETS if preset.name in presets]
    assert len(common) >= 10
    for preset in common:
        theirs = presets[preset.name]
        assert preset.parameters == theirs["metadata"]["params"]
        if preset.handle.startswith("kaggle://"):
            # A newer version of theirs may come with a newer keras-hub.
            assert preset.handle.rsplit("/", 1)[0] == theirs["kaggle_handle"].rsplit("/", 1)[0]
