"""The guide runs as it is written, with a tiny model in place of the real one."""

import re

import pytest

import kerabert
from tests.guides.run_guide import run_guide
from tests.tiny import make_backbone, make_tokenizer


def test_runs(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    model = kerabert.BertMultipleChoice(
        make_backbone(num_layers=1, max_sequence_length=64), make_tokenizer()
    )
    model.save_to_preset(tmp_path / "tiny")
    settings = {
        "PRESET = .*": f"PRESET = {str(tmp_path / 'tiny')!r}",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "EPOCHS = .*": "EPOCHS = 1",
        r"    \(premises, choices\),": "    (premises[:32], choices[:32]),",
        r"    labels,": "    labels[:32],",
        r"    validation_data=.*": (
            "    validation_data=((dev_premises[:9], dev_choices[:9]), dev_labels[:9]),"
        ),
    }
    run_guide("multiple_choice", settings)
    printed = capsys.readouterr().out
    assert "1500 premises to learn from, 300 to test on" in printed
    assert re.search(r"^dev accuracy +\d+\.\d%$", printed, flags=re.MULTILINE)
    assert re.search(r"^chance +33\.3%$", printed, flags=re.MULTILINE)
    assert len(re.findall(r"^ +\* +\d+\.\d%  ", printed, flags=re.MULTILINE)) == 2
    assert (tmp_path / "output" / "training_curves.png").stat().st_size > 10_000
    assert (tmp_path / "output" / "preset" / "model.safetensors").exists()
