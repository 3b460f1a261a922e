"""The guide runs as it is written, with a tiny model in place of the real one."""

import re

import pytest

import kerabert
from tests.guides.run_guide import run_guide
from tests.tiny import make_backbone, make_tokenizer


def test_runs(tmp_path, capsys):
    for package in ("matplotlib", "onnxruntime", "tensorflow_text", "torch", "transformers"):
        pytest.importorskip(package)
    model = kerabert.BertTextClassifier(
        make_backbone(max_sequence_length=128), num_classes=2, tokenizer=make_tokenizer()
    )
    model.save_to_preset(tmp_path / "tiny")
    settings = {
        "PRESET = .*": f"PRESET = {str(tmp_path / 'tiny')!r}",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "EPOCHS = .*": "EPOCHS = 1",
        "REPEATS = .*": "REPEATS = 1",
        r"train_texts, train_labels = .*": (
            'train_texts, train_labels = (part[:48] for part in read_tsv(DATA / "train.tsv"))'
        ),
    }
    run_guide("export", settings)
    printed = capsys.readouterr().out
    exact = re.findall(r"^(.+): logits differ by (\S+), labels agree$", printed, re.MULTILINE)
    names = ["transformers", "onnxruntime", "SavedModel of strings", "LiteRT"]
    assert [name for name, _ in exact][:4] == names
    assert all(float(difference) < 1e-5 for _, difference in exact[:4])
    assert "LiteRT, 8 bits: logits differ by" in printed
    assert re.search(r"token_ids +tensor\(int32\) +\['batch', 'sequence'\]", printed)
    assert len(re.findall(r"^[A-Z]\w+ +\d+\.\d%$", printed, flags=re.MULTILINE)) == 4
    assert (tmp_path / "output" / "runtimes.png").stat().st_size > 10_000
