"""The guide runs as it is written, with a tiny model in place of the real one."""

import re

import pytest

import kerabert
from tests.guides.run_guide import run_guide
from tests.tiny import make_backbone, make_tokenizer


def test_runs(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    model = kerabert.BertTextRegressor(
        make_backbone(num_layers=1, max_sequence_length=64), make_tokenizer()
    )
    model.save_to_preset(tmp_path / "tiny")
    settings = {
        "PRESET = .*": f"PRESET = {str(tmp_path / 'tiny')!r}",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "EPOCHS = .*": "EPOCHS = 1",
    }
    run_guide("sentence_pairs", settings)
    printed = capsys.readouterr().out
    assert "72 pairs to learn from, 24 to test on" in printed
    assert re.search(r"^accuracy +\d+\.\d% +F1 +\d+\.\d%$", printed, flags=re.MULTILINE)
    assert re.search(r"^Pearson +-?\d\.\d{3}$", printed, flags=re.MULTILINE)
    assert re.search(r"^words in common: Pearson 0\.\d{3}$", printed, flags=re.MULTILINE)
    assert len(re.findall(r"^(different|paraphrase) +\d+\.\d%", printed, flags=re.MULTILINE)) == 3
    assert (tmp_path / "output" / "training_curves.png").stat().st_size > 10_000
    for name in ("similarity", "paraphrase"):
        assert (tmp_path / "output" / name / "model.safetensors").exists()
