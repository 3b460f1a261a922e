"""The guide runs as it is written, with a tiny model in place of the real one."""

import re

import pytest

import kerabert
from tests.guides.run_guide import run_guide
from tests.tiny import make_backbone, make_tokenizer


def test_runs(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    model = kerabert.BertTokenClassifier(
        make_backbone(max_sequence_length=128), num_classes=2, tokenizer=make_tokenizer()
    )
    model.save_to_preset(tmp_path / "tiny")
    settings = {
        "PRESET = .*": f"PRESET = {str(tmp_path / 'tiny')!r}",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "EPOCHS = .*": "EPOCHS = 1",
        r"train_words, train_tags = .*": (
            'train_words, train_tags = (part[:48] for part in read_conll(DATA / "train.conll.gz"))'
        ),
        r"dev_words, dev_tags = .*": (
            'dev_words, dev_tags = (part[:9] for part in read_conll(DATA / "dev.conll.gz"))'
        ),
    }
    run_guide("entities", settings)
    printed = capsys.readouterr().out
    assert "48 sentences to learn from, 9 to test on; ['O', 'B-Disease', 'I-Disease']" in printed
    assert re.search(r"^type +precision +recall +F1 +entities$", printed, flags=re.MULTILINE)
    assert re.search(r"^all +\d+\.\d\d% .* \d+$", printed, flags=re.MULTILINE)
    assert re.search(r"looking up the \d+ names seen in training: F1 \d+\.\d%", printed)
    assert "Wilson's disease" in printed
    assert (tmp_path / "output" / "training_curves.png").stat().st_size > 10_000
    assert (tmp_path / "output" / "preset" / "model.safetensors").exists()
