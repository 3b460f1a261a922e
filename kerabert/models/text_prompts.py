"""The texts that an embedder puts before others."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerabert.models.text_embedder import BertTextEmbedder
    from kerabert.models.text_search import TextSearch


def check_prompts(prompts: Any, default_prompt: Any) -> dict[str, str]:
    """Return prompts as a dict, or raise `ValueError` if they are none, or lack the default."""
    prompts = {} if prompts is None else prompts
    if not isinstance(prompts, Mapping) or not all(
        isinstance(text, str) for pair in prompts.items() for text in pair
    ):
        raise ValueError(f"`prompts` must be a dict of str. Received: prompts={prompts!r}")
    if default_prompt is not None and default_prompt not in prompts:
        raise ValueError(
            f"`default_prompt` must be one of {sorted(prompts)}. "
            f"Received: default_prompt={default_prompt!r}"
        )
    return dict(prompts)


def find_prompt(task: "TextSearch", name: str | None, *usual: str) -> str:
    """Return the text of the prompt of a name; of None, of the first usual one, or the default.

    Raises:
        ValueError: if there is no prompt of that name.
    """
    if name is None:
        name = next((other for other in usual if other in task.prompts), task.default_prompt)
    if name and name not in task.prompts:
        raise ValueError(
            f"`prompt` must be one of {sorted(task.prompts)}. Received: prompt={name!r}"
        )
    return task.prompts[name] if name else ""


def query_prompt(task: "TextSearch") -> str:
    """Return what is put before a query."""
    return find_prompt(task, None, "query")


def document_prompt(task: "TextSearch") -> str:
    """Return what is put before a text that is searched."""
    return find_prompt(task, None, "document", "passage")


def group_prompts(task: "BertTextEmbedder") -> tuple[str, str]:
    """Return what `fit` puts before the first text of a row, and before the others."""
    if task.compiled and getattr(task.loss, "takes_scores", False):
        return find_prompt(task, None), find_prompt(task, None)
    return query_prompt(task), document_prompt(task)
