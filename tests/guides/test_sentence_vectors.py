"""The guide runs as it is written, with a tiny model in place of the real one."""

import re

import pytest

import kerabert
from tests.guides.run_guide import run_guide
from tests.tiny import make_backbone, make_tokenizer


def test_runs(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    backbone = make_backbone(max_sequence_length=96, num_layers=1, use_pooler=False)
    kerabert.BertTextEmbedder(backbone, make_tokenizer()).save_to_preset(tmp_path / "tiny")
    settings = {
        "PRESET = .*": f"PRESET = {str(tmp_path / 'tiny')!r}",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "EPOCHS = .*": "EPOCHS = 1",
        r"split = .*": "split, documents = 64, documents[:88]",
        r"dev_questions, dev_answers = .*": (
            "dev_questions, dev_answers = questions[split:88], answers[split:88]"
        ),
    }
    run_guide("sentence_vectors", settings)
    printed = capsys.readouterr().out
    assert "64 questions with answers to learn from, 24 to test on" in printed
    found = re.findall(r"^(before|after|after, 2 dimensions) +\d+\.\d% +\d+\.\d%$", printed, re.M)
    assert found == ["before", "after", "after, 2 dimensions"]
    assert printed.count("passed on from parents") == 2
    assert (tmp_path / "output" / "search.png").stat().st_size > 10_000
    assert (tmp_path / "output" / "preset" / "modules.json").exists()
