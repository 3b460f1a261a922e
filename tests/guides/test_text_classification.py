"""The guide runs as it is written, with a tiny model in place of the real one."""

import re

import pytest

import kerabert
from tests.guides.run_guide import run_guide
from tests.tiny import make_backbone, make_tokenizer


def test_runs(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    model = kerabert.BertTextClassifier(
        make_backbone(max_sequence_length=128), num_classes=2, tokenizer=make_tokenizer()
    )
    model.save_to_preset(tmp_path / "tiny")
    settings = {
        "PRESET = .*": f"PRESET = {str(tmp_path / 'tiny')!r}",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "EPOCHS = .*": "EPOCHS = 1",
        r"train_texts, train_labels = .*": (
            'train_texts, train_labels = (part[:48] for part in read_tsv(DATA / "train.tsv"))'
        ),
        r"dev_texts, dev_labels = .*": (
            'dev_texts, dev_labels = (part[:9] for part in read_tsv(DATA / "dev.tsv"))'
        ),
        # The few rows lack some of the classes.
        r"classes = sorted.*": 'classes = sorted(set(read_tsv(DATA / "train.tsv")[1]))',
    }
    run_guide("text_classification", settings)
    printed = capsys.readouterr().out
    assert "48 sections to learn from, 9 to test on" in printed
    assert "20 kinds: ALLERGY" in printed
    assert re.search(r"dev accuracy +\d+\.\d%\nmajority baseline +\d+\.\d%", printed)
    assert len(re.findall(r"^\S+ +\d+\.\d%  ", printed, flags=re.MULTILINE)) == 4
    assert (tmp_path / "output" / "training_curves.png").stat().st_size > 10_000
    assert (tmp_path / "output" / "preset" / "model.safetensors").exists()
