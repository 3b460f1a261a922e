"""Every preset that ships with the library: whole, small, described, and what it says it is."""

import numpy as np
import pytest

import kerabert
from kerabert.checkpoints.presets_folder import presets_folder
from tests.checks import to_numpy

NAMES = sorted(path.parent.name for path in presets_folder().glob("*/kerabert.json"))
MOST_BYTES = 20 * 2**20


def test_there_is_one():
    assert "kerabert_mini_en_uncased" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small_and_described(name):
    folder = presets_folder() / name
    assert sum(path.stat().st_size for path in folder.iterdir()) <= MOST_BYTES
    listed = kerabert.list_presets()[name]
    assert (listed.handle, listed.language) == ("shipped", "en")
    assert listed.license != "unknown"
    card = (folder / "README.md").read_text(encoding="utf-8")
    for part in ("Data", "Training", "Scores", "Limits"):
        assert f"\n## {part}\n" in card


@pytest.mark.parametrize("name", NAMES)
def test_it_gives_the_numbers_of_transformers(name):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    model = kerabert.BertPretrainer.from_preset(name)
    peer = transformers.BertForPreTraining.from_pretrained(presets_folder() / name).eval()
    x = model.packer(model.tokenizer(["the doctor gave her some [MASK] .", "It rained."]))
    x["mask_positions"] = np.tile(np.arange(x["token_ids"].shape[1]), (2, 1))
    ours = model.predict(x, verbose=0)
    with torch.no_grad():
        theirs = peer(
            input_ids=torch.tensor(x["token_ids"]).long(),
            token_type_ids=torch.tensor(x["segment_ids"]).long(),
            attention_mask=torch.tensor(x["padding_mask"]).long(),
        )
    real = x["padding_mask"]
    difference = np.abs(ours["masked_lm"] - to_numpy(theirs.prediction_logits))[real].max()
    assert difference < 1e-4
    np.testing.assert_allclose(
        ours["next_sentence"], to_numpy(theirs.seq_relationship_logits), atol=1e-4
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("the president of the united [MASK] said on friday that he would go .", "states"),
        ("he opened the [MASK] and went into the house .", "door"),
    ],
)
def test_it_has_learned_something(text, word):
    model = kerabert.BertMaskedLM.from_preset("kerabert_mini_en_uncased")
    [[candidates]] = model.fill_mask([text], top_k=10)
    assert word in [candidate.token for candidate in candidates]
