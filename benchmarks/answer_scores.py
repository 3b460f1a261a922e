"""Exact match and F1 on random answers, beside torchmetrics and transformers.

    pip download --no-deps transformers==4.57.1 && pip install torchmetrics
    python benchmarks/answer_scores.py --wheel transformers-4.57.1-py3-none-any.whl

Version 5 of transformers no longer holds SQuAD's evaluation: it is read from the wheel of an older
one, without installing it. Scores and thresholds must be equal to the last bit, case by case.
"""

import argparse
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from kerabert.metrics import find_best_threshold, normalize_answer, score_answers

WORDS = (
    "the a An THE sun Sun's moon, moon. - «moon» !? U.S. 3.5% été ÉTÉ 北京 , of \t \u00a0 theatre"
)
MODULE = "transformers/data/metrics/squad_metrics.py"


def load_squad_metrics(wheel: Path) -> Any:
    """The module of transformers, with stand-ins for the two things that it imports."""
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read(MODULE).decode("utf-8")
    for name in ("peer", "peer.data", "peer.data.metrics", "peer.models", "peer.utils"):
        sys.modules[name] = types.ModuleType(name)
    bert = types.ModuleType("peer.models.bert")
    bert.BasicTokenizer = None  # type: ignore[attr-defined]
    sys.modules["peer.models.bert"] = bert
    sys.modules["peer.utils"].logging = types.SimpleNamespace(  # type: ignore[attr-defined]
        get_logger=lambda name: None
    )
    module = types.ModuleType("peer.data.metrics.squad_metrics")
    module.__package__ = "peer.data.metrics"
    exec(compile(source, MODULE, "exec"), module.__dict__)
    return module


def random_text(generator: np.random.Generator, least: int = 0) -> str:
    words = generator.choice(WORDS.split(" "), size=generator.integers(least, 5))
    return " ".join(words)


def random_questions(generator: np.random.Generator, unanswerable: float) -> tuple[Any, Any, Any]:
    """Predictions, true answers and no-answer scores of up to a dozen questions."""
    answers, predicted = [], []
    for _ in range(generator.integers(1, 13)):
        texts = [random_text(generator, least=1) for _ in range(generator.integers(1, 4))]
        answers.append([] if generator.random() < unanswerable else texts)
        choice = generator.random()
        text = texts[0] if choice < 0.3 else "" if choice < 0.5 else random_text(generator)
        predicted.append(text)
    scores = generator.normal(size=len(answers))
    if generator.random() < 0.2:
        scores = np.round(scores)  # some are equal
    return predicted, answers, scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wheel", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=10_000)
    options = parser.parse_args()
    peer = load_squad_metrics(options.wheel)
    import torch
    from torchmetrics.functional.text.squad import _squad_compute, _squad_update

    torch.set_default_dtype(torch.float64)
    generator = np.random.default_rng(0)
    num_questions = num_thresholds = num_old = 0
    for case in range(options.cases):
        predicted, answers, no_answer = random_questions(generator, 0.0 if case % 2 else 0.4)
        num_questions += len(predicted)
        # SQuAD 2.0.
        examples = [
            types.SimpleNamespace(qas_id=str(i), answers=[{"text": text} for text in texts])
            for i, texts in enumerate(answers)
        ]
        keyed = {str(i): text for i, text in enumerate(predicted)}
        exact, overlap = peer.get_raw_scores(examples, keyed)
        scores = score_answers(predicted, answers)
        assert scores.exact.tolist() == list(exact.values()), (predicted, answers)
        assert scores.overlap.tolist() == list(overlap.values()), (predicted, answers)
        totals = peer.make_eval_dict(exact, overlap)
        assert 100.0 * sum(scores.exact.tolist()) / len(answers) == totals["exact"]
        assert 100.0 * sum(scores.overlap.tolist()) / len(answers) == totals["f1"]
        # Its best threshold.
        margins = {str(i): score for i, score in enumerate(no_answer.tolist())}
        has_answer = {str(i): bool(texts) for i, texts in enumerate(answers)}
        for ours, theirs in ((scores.exact, exact), (scores.overlap, overlap)):
            best, threshold = peer.find_best_thresh(keyed, theirs, margins, has_answer)
            found = find_best_threshold(
                ours, scores.has_answer, np.array([bool(t) for t in predicted]), no_answer
            )
            assert found[1] == threshold and abs(100 * found[0] - best) < 1e-12
            num_thresholds += 1
        # SQuAD 1.1, where something remains of each answer: else torchmetrics' rules are 2.0's.
        kept = [
            i
            for i, texts in enumerate(answers)
            if texts and all(map(normalize_answer, [predicted[i], *texts]))
        ]
        if kept:
            data = [{"id": str(i), "answers": [{"text": t} for t in answers[i]]} for i in kept]
            sums = _squad_update(keyed, [{"paragraphs": [{"qas": data}]}])
            totals = _squad_compute(*sums)
            some = [[rows[i] for i in kept] for rows in (predicted, answers)]
            scores = score_answers(*some, version="1.1")
            assert 100.0 * sum(scores.exact.tolist()) / len(kept) == float(totals["exact_match"])
            assert 100.0 * sum(scores.overlap.tolist()) / len(kept) == float(totals["f1"])
            num_old += len(kept)
    print(
        f"{options.cases} cases: {num_questions} questions of 2.0, {num_thresholds} thresholds, "
        f"{num_old} questions of 1.1, all equal"
    )


if __name__ == "__main__":
    main()
