"""The guide runs as it is written, with a tiny model in place of the real one."""

import re

import pytest

import kerabert
from tests.guides.run_guide import run_guide
from tests.tiny import make_backbone, make_tokenizer


def test_runs(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    model = kerabert.BertQuestionAnswerer(
        make_backbone(max_sequence_length=128), tokenizer=make_tokenizer()
    )
    model.save_to_preset(tmp_path / "tiny")
    settings = {
        "PRESET = .*": f"PRESET = {str(tmp_path / 'tiny')!r}",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "EPOCHS = .*": "EPOCHS = 1",
    }
    run_guide("question_answering", settings)
    printed = capsys.readouterr().out
    assert "60 questions to learn from, 18 to test on" in printed
    assert re.search(r"^When was .* built\? +\[\('1843', 90\)\]$", printed, flags=re.MULTILINE)
    assert re.search(r"^questions +exact match +F1 +number$", printed, flags=re.MULTILINE)
    assert re.search(r"^with an answer .* 15$", printed, flags=re.MULTILINE)
    assert re.search(r"^threshold 0.00, tuned -?\d+\.\d\d$", printed, flags=re.MULTILINE)
    assert len(re.findall(r"^ +\d+\.\d%  \S", printed, flags=re.MULTILINE)) == 3
    assert (tmp_path / "output" / "training_curves.png").stat().st_size > 10_000
    assert (tmp_path / "output" / "preset" / "model.safetensors").exists()
