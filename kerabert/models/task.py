"""What every task model has in common."""

from typing import Any, Self

import keras
import numpy as np

from kerabert.models.backbone import BertBackbone
from kerabert.models.dataset_checks import raises_refusals
from kerabert.models.explain import read_attention
from kerabert.models.labels import takes_same_targets
from kerabert.models.preparation import (
    count_steps,
    prepare,
    prepare_validation,
    split_validation,
)
from kerabert.models.preset_methods import PresetMethods
from kerabert.models.task_contract import TaskContract
from kerabert.models.text_inputs import TextInputs
from kerabert.models.unused_pooler import UnusedPooler
from kerabert.reports.attention_maps import AttentionMaps
from kerabert.text.batches import TokenBatches
from kerabert.text.tokenizer import BertTokenizer
from kerabert.training.optimizer import BertAdamW, plan_fit
from kerabert.training.resumed_fit import begin_or_go_on, fit_from_state, split_off_resume


class BertTask(TaskContract, TextInputs, PresetMethods, UnusedPooler, keras.Model):
    """The base class of the task models: a backbone, a head, and the way from strings to both.

    `fit`, `evaluate` and `predict` take strings (a list, or a tuple of two lists for pairs), a
    dict of arrays `token_ids`, `segment_ids`, `padding_mask`, or any dataset that Keras takes.
    Strings are tokenised once, put into batches of similar length, and shuffled anew each epoch.

    A task of your own subclasses this, makes its layers, calls `super().__init__` with the
    functional model's `inputs` and `outputs`, and defines what `TaskContract` says.

    Args:
        backbone: `BertBackbone`.
        tokenizer: `BertTokenizer`, or None for a model that takes arrays only.
        sequence_length: int, the longest sequence in tokens, with [CLS] and [SEP]; longer texts
            are cut. A ceiling: batches are as long as their texts. Default: the backbone's
            `max_sequence_length`.
        **kwargs: `inputs`, `outputs`, `name` and others of `keras.Model`.
    """

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        sequence_length: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        longest = backbone.max_sequence_length
        if sequence_length is None:
            sequence_length = longest
        if not isinstance(sequence_length, int) or not 3 <= sequence_length <= longest:
            raise ValueError(
                f"`sequence_length` must lie in 3..{longest}, the backbone's "
                f"`max_sequence_length`. Received: sequence_length={sequence_length!r}"
            )
        if tokenizer is not None and tokenizer.vocabulary_size > backbone.vocabulary_size:
            raise ValueError(
                "The tokenizer must not know more pieces than the backbone has embeddings. "
                f"Received: tokenizer.vocabulary_size={tokenizer.vocabulary_size}, "
                f"backbone.vocabulary_size={backbone.vocabulary_size}."
            )
        self.dtype_policy = backbone.dtype_policy  # Keras scales a float16 model's loss by it
        self.backbone = backbone
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length

    # Training and prediction.

    def compile(
        self,
        optimizer: Any = "auto",
        loss: Any = "auto",
        *,
        metrics: Any = "auto",
        learning_rate: float | None = None,
        **kwargs: Any,
    ) -> None:
        """Configure training; without arguments, with BERT's own recipe.

        Args:
            optimizer: a Keras optimizer. Default: `BertAdamW(learning_rate)`, that is AdamW with
                weight decay 0.01 except on biases and LayerNorm, warm-up over the first tenth of
                a `fit` call's steps, then linear decay to 0, gradients clipped to norm 1.
            loss: a Keras loss. Default: the task's.
            metrics: a list of Keras metrics. Default: the task's.
            learning_rate: float, the default optimizer's peak. Default: the task's, 5e-5 to
                fine-tune, 1e-4 to pretrain.
            **kwargs: see `keras.Model.compile`.
        """
        default_loss = self.default_loss()
        if _is_auto(loss) and default_loss is None:
            raise ValueError(
                f"`loss` must be given to train a {type(self).__name__}. Received: none."
            )
        if _is_auto(metrics):
            metrics = self.default_metrics()
            kwargs.setdefault("weighted_metrics", self.default_weighted_metrics())
        learning_rate = self.default_learning_rate if learning_rate is None else learning_rate
        super().compile(
            optimizer=BertAdamW(learning_rate) if _is_auto(optimizer) else optimizer,
            loss=default_loss if _is_auto(loss) else loss,
            metrics=metrics,
            **kwargs,
        )
        self.encodes_targets = _is_auto(loss) or takes_same_targets(loss, default_loss)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    @raises_refusals
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        *,
        shuffle: bool = True,
        sample_weight: Any = None,
        validation_data: Any = None,
        validation_split: float = 0.0,
        validation_batch_size: int | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        callbacks: Any = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train on strings, arrays or a dataset; compiles with the defaults if that is not done.

        With `ExactResume` among the callbacks it goes on where an earlier run was stopped.

        Args:
            x: a list of str; a tuple of two lists of str (pairs); a dict of arrays; or a dataset.
            y: labels, one a row; with a dataset, None.
            batch_size: int. Default 32.
            epochs: int. Default 1.
            **kwargs: this and the other arguments as in `keras.Model.fit`.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: if `x` or `y` is not what it must be, with the row.
        """
        if not self.compiled:
            self.compile()
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = split_validation(
                x, y, sample_weight, validation_split
            )
        given = x
        x, y, sample_weight, batch_size = prepare(
            self, x, y, sample_weight, batch_size, shuffle, initial_epoch, purpose="train on"
        )
        kwargs |= prepare_validation(self, validation_data, validation_batch_size or batch_size)
        kwargs |= {"epochs": epochs, "initial_epoch": initial_epoch}
        resume, callbacks = split_off_resume(callbacks)
        steps = steps_per_epoch or count_steps(x, batch_size)
        if resume is not None:
            batches, start = begin_or_go_on(
                resume, callbacks, given, (x, y, sample_weight, batch_size, shuffle), steps
            )
            self._plan(start.get("epoch", initial_epoch), steps, epochs, start)
            return fit_from_state(self, super().fit, batches, resume, start, callbacks, **kwargs)
        self._plan(initial_epoch, steps, epochs)
        return super().fit(
            x,
            y,
            batch_size=batch_size,
            shuffle=shuffle and not isinstance(x, TokenBatches),  # these shuffle themselves
            sample_weight=sample_weight,
            steps_per_epoch=steps_per_epoch,
            callbacks=callbacks,
            **kwargs,
        )

    def _plan(
        self, epoch: int, steps: int | None, epochs: int, start: dict[str, Any] | None = None
    ) -> None:
        """Lay the learning rate's plan over a `fit` call, also over one that goes on."""
        iterations = start["iterations"] - start["step"] if start else None
        if plan_fit(self.optimizer, steps, epochs, epoch, iterations):
            self.train_function = None  # it holds the old plan

    @raises_refusals
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        *,
        sample_weight: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Return the loss and the metrics on strings, arrays or a dataset; see `fit`.

        Where a task `scores_texts`, these scores come with them; the list is then the loss, and
        the others by name.
        """
        if not self.compiled:
            self.compile()
        x, y, sample_weight, batch_size = prepare(
            self, x, y, sample_weight, batch_size, purpose="evaluate"
        )
        scores_texts = (
            self.scores_texts and isinstance(x, TokenBatches) and kwargs.get("steps") is None
        )
        kwargs |= {"return_dict": return_dict or scores_texts}
        results = super().evaluate(
            x, y, batch_size=batch_size, sample_weight=sample_weight, **kwargs
        )
        if not scores_texts:
            return results
        results |= self.score_texts(x)
        if return_dict:
            return results
        return [results.pop("loss"), *(results[name] for name in sorted(results))]

    @raises_refusals
    def predict(self, x: Any, batch_size: int | None = None, **kwargs: Any) -> Any:
        """Return the model's outputs for strings, arrays or a dataset, in the order given.

        Args:
            x: see `fit`.
            batch_size: int. Default 32.

        Returns:
            A numpy array, or a structure of them, with a row for each row of `x`.
        """
        batches, _, _, batch_size = prepare(self, x, batch_size=batch_size)
        if not isinstance(batches, TokenBatches) or kwargs.get("steps") is not None:
            return super().predict(batches, batch_size=batch_size, **kwargs)
        place = np.argsort(batches.order)  # before Keras goes on to the next epoch
        outputs = super().predict(batches, batch_size=batch_size, **kwargs)
        return keras.tree.map_structure(lambda rows: rows[place], outputs)

    def _get_jax_state(self, *args: Any, **kwargs: Any) -> Any:
        # On JAX Keras (3.15) takes the weights out of the model before it asks for a first batch:
        # an error in the data would lose them. Left in, they take no memory: steps donate theirs.
        return super()._get_jax_state(*args, **{**kwargs, "purge_model_variables": False})

    def attention_maps(self, text: Any) -> AttentionMaps:
        """Return how much each token of a text attends to each other, in every layer and head.

        Args:
            text: str, or a pair of str; cut to `sequence_length`.

        Returns:
            `AttentionMaps`, which a notebook shows: `tokens`, `weights`.

        Raises:
            ValueError: if the text is no str or pair of str.
        """
        return read_attention(self, text)

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            "backbone": serialize(self.backbone),
            "tokenizer": None if self.tokenizer is None else self.tokenizer.get_config(),
            **self.head_config(),
            "name": self.name,
            "trainable": self.trainable,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        config = dict(config)
        config["backbone"] = keras.saving.deserialize_keras_object(config["backbone"])
        if config.get("tokenizer") is not None:
            config["tokenizer"] = BertTokenizer.from_config(config["tokenizer"])
        return cls(**config)


def _is_auto(argument: Any) -> bool:
    return isinstance(argument, str) and argument == "auto"
