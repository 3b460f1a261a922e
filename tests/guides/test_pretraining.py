"""The guide runs as it is written, with a tiny model and little text in place of the real ones."""

import re

import pytest

from kerabert.corpora import DocumentReader
from tests.checks import REPOSITORY
from tests.guides.run_guide import run_guide


def test_runs(tmp_path, capsys):
    for package in ("matplotlib", "datasketch", "ftfy", "pyarrow"):
        pytest.importorskip(package)
    texts = DocumentReader(REPOSITORY / "guides" / "data" / "wikinews" / "wikinews.txt.gz")
    few = [document.text for document, _ in zip(texts, range(90), strict=False)]
    (tmp_path / "few.txt").write_text("\n\n".join(few), encoding="utf-8")
    settings = {
        "TEXTS = .*": f"TEXTS = Path({str(tmp_path / 'few.txt')!r})",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "VOCABULARY_SIZE = .*": "VOCABULARY_SIZE = 2100",
        "EPOCHS, STEPS_PER_EPOCH = .*": "EPOCHS, STEPS_PER_EPOCH = 2, 3",
        "    hidden_dim=.*": "    hidden_dim=16,",
        "    num_layers=.*": "    num_layers=1,",
        "    intermediate_dim=.*": "    intermediate_dim=32,",
    }
    run_guide("pretraining", settings)
    printed = capsys.readouterr().out
    assert re.search(r"^kept +90 documents", printed, flags=re.MULTILINE)
    assert re.search(r"^\d{4} pieces, for example", printed, flags=re.MULTILINE)
    assert re.search(r"^train: 30 documents, [\d,]+ tokens$", printed, flags=re.MULTILINE)
    assert re.search(r"^\[CLS\] .* \[SEP\] .* \[SEP\]$", printed, flags=re.MULTILINE)
    assert re.search(r"^padding: \d\.\d%$", printed, flags=re.MULTILINE)
    assert re.search(r"^always '.+': \d+\.\d%\nthis model, held out: \d+\.\d%$", printed, re.M)
    assert (tmp_path / "output" / "accuracy.png").stat().st_size > 10_000
    assert (tmp_path / "output" / "preset" / "model.safetensors").exists()
