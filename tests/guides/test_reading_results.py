"""The guide runs as it is written, with a tiny model in place of the real one."""

import re

import pytest

import kerabert
from tests.guides.run_guide import run_guide
from tests.tiny import make_backbone, make_tokenizer


def test_runs(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    model = kerabert.BertTextClassifier(
        make_backbone(max_sequence_length=64), num_classes=2, tokenizer=make_tokenizer()
    )
    model.save_to_preset(tmp_path / "tiny")
    settings = {
        "PRESET = .*": f"PRESET = {str(tmp_path / 'tiny')!r}",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "EPOCHS = .*": "EPOCHS = 1",
        r"train_texts, train_labels = .*": (
            "train_texts, train_labels = (part[:48] for part in "
            'read_tsv(DATA / "train.tsv", "text", "section"))'
        ),
        r"dev_texts, dev_labels = .*": (
            "dev_texts, dev_labels = (part[:16] for part in "
            'read_tsv(DATA / "dev.tsv", "text", "section"))'
        ),
        # The few rows lack some of the classes.
        r"classes = sorted.*": (
            'classes = sorted(set(read_tsv(DATA / "train.tsv", "text", "section")[1]))'
        ),
    }
    run_guide("reading_results", settings)
    printed = capsys.readouterr().out
    assert re.search(r"^class +precision +recall +F1 +number$", printed, flags=re.MULTILINE)
    assert re.search(r"^accuracy \d+\.\d\d%, macro F1", printed, flags=re.MULTILINE)
    assert re.search(r"^ +\d+  \S+ taken for \S+$", printed, flags=re.MULTILINE)
    assert re.search(r"^cancer +[+-]\d+\.\d\d$", printed, flags=re.MULTILINE)
    assert abs(float(re.search(r"error ([+-]\d+\.\d+)$", printed, flags=re.MULTILINE)[1])) < 1e-3
    assert "for MEDICATIONS" in printed and "weights: (2, 2, " in printed
    assert (tmp_path / "output" / "report.png").stat().st_size > 10_000
    page = (tmp_path / "output" / "page.html").read_text(encoding="utf-8")
    assert page.count("<hr>") == 3 and "<script" not in page
