"""A whole pretraining run: from files of text to a preset, to be started again at any time."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerabert.corpora.pretraining_batches import PretrainingBatches
from kerabert.layers.arguments import check_positive_integers
from kerabert.text.token_masker import TokenMasker
from kerabert.text.tokenizer import BertTokenizer
from kerabert.training.exact_resume import ExactResume
from kerabert.training.lamb import BertLamb
from kerabert.training.optimizer import BertAdamW
from kerabert.training.prepared_corpus import (
    add_words,
    clean_corpus,
    make_shards,
    make_vocabulary,
)
from kerabert.training.run_callbacks import RunLog
from kerabert.training.schedule import WarmupLinearDecay

if TYPE_CHECKING:
    from kerabert.models.pretrainer import BertPretrainer

Table = Mapping[str, Any]
_OPTIMIZERS = {"adamw": BertAdamW, "lamb": BertLamb}


def pretrain(
    directory: str | os.PathLike[str],
    *,
    corpus: Table,
    model: Table,
    stages: Sequence[Table],
    vocabulary: Table | None = None,
    optimizer: Table | None = None,
    resume: Table | None = None,
    samples: Sequence[str] = (),
    pack: bool = True,
    seed: int = 0,
    verbose: Any = "auto",
) -> "BertPretrainer":
    """Pretrain a BERT on files of text, or go on with a run that was stopped.

    Documents are cleaned, a vocabulary is trained on them, they become shards of tokens, some of
    which are held out; then a `BertPretrainer` is trained on masked tokens and next sentences, in
    stages of growing length, and saved. Everything lies in the directory:

        run.json    these arguments
        corpus/     the cleaned documents, the report of cleaning, shards
        vocab.txt   the vocabulary
        stage-1/    the states of `ExactResume`, of each stage
        log.jsonl   figures and filled masks after each epoch; log.png, tensorboard/
        preset/     the pretrained model

    What is there is not made again: after a crash, start it again in the same way.

    Args:
        directory: path of the run, made if it is not there.
        corpus: dict with `paths`, files and folders; and if wanted `cleaning`, a list of steps;
            `held_out_rate`, the share of documents to measure with, 0.01 by default; the
            arguments of `DocumentReader`, and `shard_characters`.
        model: dict with the arguments of `BertBackbone`, without `vocabulary_size`; or with
            `preset`, to go on with a model that was pretrained already.
        stages: list of dicts with `steps` and if wanted `sequence_length` (128), `batch_size`
            (32), `steps_per_epoch` (1000, or `steps` if fewer), of which `steps` must be a
            multiple, `masking`, a dict with arguments of `TokenMasker` such as `mask_rate` or
            `whole_words`, and other arguments of `PretrainingBatches`.
        vocabulary: dict with the arguments of `train_vocabulary`; `size` is 30,000 by default.
            With a preset: `additions`, how many words of the new text are added to its
            vocabulary, and other arguments of `choose_new_words`; without it, none.
        optimizer: dict with `name`, "adamw" (the default) or, for batches of thousands of rows,
            "lamb"; `learning_rate`, the peak, 1e-4 by default; `warmup_rate`, 0.1 by default; and
            other arguments of `BertAdamW` or `BertLamb`. The rate falls to 0 over all stages.
        resume: dict with the arguments of `ExactResume`.
        samples: texts with [MASK], filled after each epoch.
        pack: bool, whether short examples share a row, so that hardly any padding is computed; see
            `PretrainingBatches`. Default True.
        seed: int, of the first weights, dropout, the examples and their order. Default 0.
        verbose: see `keras.Model.fit`.

    Returns:
        The `BertPretrainer`.

    Raises:
        ValueError: if a value is not what it must be, or the directory is that of another run.

    Source: Devlin et al., 2019, section 3.1 and appendix A.2: two lengths, 90 % of the steps at
    128; the rate is 1e-4 with batches of 256, warm-up and linear decay. A small run of few tokens
    does better with a first stage of very short rows, 32 say, as in Press et al., 2021
    ("Shortformer"): at 128 its loss stays at that of word frequencies for longer.
    """
    from kerabert.models.backbone import BertBackbone
    from kerabert.models.extended_vocabulary import extend_vocabulary
    from kerabert.models.pretrainer import BertPretrainer

    folder = Path(directory)
    full_stages = [_complete_stage(number, stage) for number, stage in enumerate(stages, 1)]
    if not full_stages:
        raise ValueError("`stages` must have one stage at least. Received: none.")
    is_quiet = verbose == 0
    folder.mkdir(parents=True, exist_ok=True)
    _claim(
        folder / "run.json",
        {
            "corpus": dict(corpus),
            "model": dict(model),
            "stages": full_stages,
            "vocabulary": dict(vocabulary or {}),
            "optimizer": dict(optimizer or {}),
            "pack": pack,
            "seed": seed,
        },
    )
    model_arguments = dict(model)
    preset = model_arguments.pop("preset", None)
    known = None if preset is None else BertTokenizer.from_preset(preset)
    tokenizer, train, held_out = _prepare(
        folder, dict(corpus), dict(vocabulary or {}), known, is_quiet
    )

    keras.utils.set_random_seed(seed)
    if known is None:
        backbone = BertBackbone(vocabulary_size=tokenizer.vocabulary_size, **model_arguments)
        pretrainer = BertPretrainer(backbone, tokenizer=tokenizer, packed=pack)
    else:
        pretrainer = BertPretrainer.from_preset(preset, packed=pack, **model_arguments)
        words = tokenizer.vocabulary[known.vocabulary_size :]
        pretrainer = extend_vocabulary(pretrainer, words) if words else pretrainer
    pretrainer.compile(
        optimizer=_make_optimizer(optimizer or {}, sum(stage["steps"] for stage in full_stages))
    )

    resume_arguments = {"verbose": not is_quiet, **(resume or {})}
    first_step = 0
    for number, stage in enumerate(full_stages, 1):
        steps, steps_per_epoch = stage.pop("steps"), stage.pop("steps_per_epoch")
        held_out_batches, masking = stage.pop("held_out_batches"), stage.pop("masking", {})
        data = {"tokenizer": tokenizer, "pack": pack, **stage}
        stage_seed = seed + number - 1
        batches = PretrainingBatches(
            train,
            steps_per_epoch=steps_per_epoch,
            seed=stage_seed,
            masker=TokenMasker.from_tokenizer(tokenizer, **{"seed": stage_seed, **masking}),
            **data,
        )
        # Held-out figures are of 15 % of the tokens, whatever is hidden in training.
        validation = PretrainingBatches(held_out, steps_per_epoch=held_out_batches, **data)
        pretrainer.fit(
            batches,
            epochs=steps // steps_per_epoch,
            validation_data=_as_arrays(validation),
            validation_batch_size=stage["batch_size"],
            callbacks=[
                RunLog(folder, first_step, steps_per_epoch, samples, verbose=not is_quiet),
                ExactResume(folder / f"stage-{number}", **resume_arguments),
            ],
            verbose=verbose,
        )
        first_step += steps
    pretrainer.save_to_preset(folder / "preset")
    return pretrainer


def _prepare(
    folder: Path,
    corpus: dict[str, Any],
    vocabulary: dict[str, Any],
    known: BertTokenizer | None,
    is_quiet: bool,
) -> tuple[BertTokenizer, Path, Path]:
    """Return the tokenizer, and the folders of the shards to train on and those held out."""
    if "paths" not in corpus:
        raise ValueError(f"`corpus` must have the key `paths`. Received: keys={sorted(corpus)}")
    held_out_rate = corpus.pop("held_out_rate", 0.01)
    sharding = {name: corpus.pop(name) for name in ("shard_characters",) if name in corpus}
    documents = clean_corpus(folder / "corpus", corpus.pop("paths"), **corpus)
    if known is None:
        show = {"verbose": not is_quiet}
        tokenizer = make_vocabulary(folder / "vocab.txt", documents, **{**show, **vocabulary})
    elif vocabulary:
        tokenizer = add_words(folder / "vocab.txt", documents, known, **vocabulary)
    else:
        tokenizer = known
    train, held_out = make_shards(
        folder / "corpus", documents, tokenizer, held_out_rate, verbose=not is_quiet, **sharding
    )
    return tokenizer, train, held_out


def _make_optimizer(table: Table, total_steps: int) -> Any:
    arguments = {"name": "adamw", "learning_rate": 1e-4, "warmup_rate": 0.1, **table}
    name, peak = arguments.pop("name"), arguments.pop("learning_rate")
    if name not in _OPTIMIZERS:
        raise ValueError(
            f"`optimizer` must have a `name` of {list(_OPTIMIZERS)}. Received: {name!r}"
        )
    schedule = WarmupLinearDecay(peak, total_steps, warmup_rate=arguments.pop("warmup_rate"))
    return _OPTIMIZERS[name](schedule, **arguments)


def _claim(path: Path, settings: dict[str, Any]) -> None:
    """Write down the settings of a new run, or compare them with those of an old one."""
    text = json.dumps(settings, indent=2, default=str) + "\n"
    if not path.exists():
        aside = path.with_suffix(".new")
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: must hold JSON. Received: {error}") from error
    settings = json.loads(text)
    for key, value in settings.items():
        if found.get(key) != value:
            raise ValueError(
                f"{path}: `{key}` must be that of the run that goes on, {found.get(key)!r}. "
                f"Received: {value!r}. Use another directory for another run."
            )


def _complete_stage(number: int, stage: Table) -> dict[str, Any]:
    """Return a stage with what it does not say, checked before the first long work."""
    if "steps" not in stage:
        raise ValueError(f"Stage {number} must have the key `steps`. Received: {sorted(stage)}")
    full = {
        "sequence_length": 128,
        "batch_size": 32,
        "steps_per_epoch": min(1000, stage["steps"]),
        "held_out_batches": 20,
        **stage,
    }
    names = ("steps", "sequence_length", "batch_size", "steps_per_epoch", "held_out_batches")
    check_positive_integers(**{name: full[name] for name in names})
    if full["steps"] % full["steps_per_epoch"]:
        raise ValueError(
            f"Stage {number}: `steps` must be a multiple of `steps_per_epoch`. "
            f"Received: steps={full['steps']}, steps_per_epoch={full['steps_per_epoch']}."
        )
    return full


def _as_arrays(batches: PretrainingBatches) -> tuple[Any, Any, Any]:
    """Return the batches of one pass as arrays: the same ones for each validation."""
    parts = [batches[index] for index in range(batches.num_batches)]
    x, y, weight = keras.tree.map_structure(lambda *arrays: np.concatenate(arrays), *parts)
    return x, y, weight
