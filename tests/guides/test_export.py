"""The guide runs as it is written, with a tiny model in place of the real one."""

import re

import jupytext
import pytest

import kerabert
from tests.checks import REPOSITORY
from tests.tiny import make_backbone, make_tokenizer

GUIDE = REPOSITORY / "guides" / "export.py"


def test_runs(tmp_path, capsys):
    for package in ("matplotlib", "onnxruntime", "tensorflow_text", "torch", "transformers"):
        pytest.importorskip(package)
    model = kerabert.BertTextClassifier(
        make_backbone(max_sequence_length=128), num_classes=2, tokenizer=make_tokenizer()
    )
    model.save_to_preset(tmp_path / "tiny")
    source = GUIDE.read_text(encoding="utf-8")
    settings = {
        "PRESET = .*": f"PRESET = {str(tmp_path / 'tiny')!r}",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "EPOCHS = .*": "EPOCHS = 1",
        "REPEATS = .*": "REPEATS = 1",
        r"train_texts, train_labels = .*": (
            'train_texts, train_labels = (part[:48] for part in read_tsv(DATA / "train.tsv"))'
        ),
    }
    for setting, value in settings.items():
        source, count = re.subn(rf"^{setting}$", lambda _: value, source, flags=re.MULTILINE)  # noqa: B023
        assert count == 1, setting
    exec(compile(source, GUIDE, "exec"), {"__file__": str(GUIDE), "__name__": "__main__"})
    printed = capsys.readouterr().out
    exact = re.findall(r"^(.+): logits differ by (\S+), labels agree$", printed, re.MULTILINE)
    names = ["transformers", "onnxruntime", "SavedModel of strings", "LiteRT"]
    assert [name for name, _ in exact][:4] == names
    assert all(float(difference) < 1e-5 for _, difference in exact[:4])
    assert "LiteRT, 8 bits: logits differ by" in printed
    assert re.search(r"token_ids +tensor\(int32\) +\['batch', 'sequence'\]", printed)
    assert len(re.findall(r"^[A-Z]\w+ +\d+\.\d%$", printed, flags=re.MULTILINE)) == 4
    assert (tmp_path / "output" / "runtimes.png").stat().st_size > 10_000


def test_the_notebook_is_the_script():
    script, notebook = jupytext.read(GUIDE), jupytext.read(GUIDE.with_suffix(".ipynb"))
    cells = [
        [(cell.cell_type, cell.source) for cell in document.cells]
        for document in (script, notebook)
    ]
    assert cells[0] == cells[1], "run: jupytext --to ipynb guides/export.py"
