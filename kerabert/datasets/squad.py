"""Files of questions about paragraphs, with their answers: the form of SQuAD."""

import gzip
import json
import os
import zlib
from pathlib import Path
from typing import Any, NamedTuple


class SquadQuestions(NamedTuple):
    """The questions of a file.

    Attributes:
        questions: list of str.
        contexts: list of str, the paragraph of each question.
        answers: for each question a list of (text, start), with the place of the first character;
            None if it has no answer.
        ids: list of str.
    """

    questions: list[str]
    contexts: list[str]
    answers: list[list[tuple[str, int]] | None]
    ids: list[str]


def read_squad(path: str | os.PathLike[str]) -> SquadQuestions:
    r"""Read the questions of a file of SQuAD, version 1.1 or 2.0.

    The four lists are what `BertQuestionAnswerer` takes: `fit((questions, contexts), answers)`.
    Each answer is checked to stand in its paragraph where the file says.

    Args:
        path: a file of JSON, or of gzip if its name ends in ".gz".

    Returns:
        `SquadQuestions`: `questions`, `contexts`, `answers`, `ids`.

    Raises:
        ValueError: if the file cannot be read, is not JSON, has no question, or something in it is
            not what it must be, with the number of the question, from 0, and where in the file it
            stands.

    Example:

    >>> import tempfile
    >>> question = {"id": "7", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 3}]}
    >>> file = {"data": [{"paragraphs": [{"context": "By Ada.", "qas": [question]}]}]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "train.json"
    ...     _ = path.write_text(json.dumps(file))
    ...     read_squad(path)
    SquadQuestions(questions=['Who?'], contexts=['By Ada.'], answers=[[('Ada', 3)]], ids=['7'])

    Source: Rajpurkar et al., 2016 and 2018.
    """
    path = Path(path)
    result = SquadQuestions([], [], [], [])
    for a, article in enumerate(_get(_read_json(path), "data", list, path, "")):
        place = f"data[{a}]"
        for p, paragraph in enumerate(_get(article, "paragraphs", list, path, place)):
            place = f"data[{a}].paragraphs[{p}]"
            context = _get(paragraph, "context", str, path, place)
            for q, question in enumerate(_get(paragraph, "qas", list, path, place)):
                place = f"data[{a}].paragraphs[{p}].qas[{q}]"
                place = f"question {len(result.questions)}, {place}"
                result.questions.append(_get(question, "question", str, path, place))
                result.contexts.append(context)
                result.answers.append(_read_answers(question, context, path, place))
                result.ids.append(_get(question, "id", str, path, place))
    if not result.questions:
        raise ValueError(f"{path}: the file must have at least one question. Received: none.")
    return result


def _read_answers(
    question: dict[str, Any], context: str, path: Path, place: str
) -> list[tuple[str, int]] | None:
    is_impossible = question.get("is_impossible", False)
    if not isinstance(is_impossible, bool):
        raise _refusal(path, place, "`is_impossible` must be true or false", is_impossible)
    answers = []
    for number, answer in enumerate(_get(question, "answers", list, path, place)):
        here = f"{place}.answers[{number}]"
        text = _get(answer, "text", str, path, here)
        start = _get(answer, "answer_start", int, path, here)
        if not text or start < 0 or context[start : start + len(text)] != text:
            raise _refusal(
                path,
                here,
                f"the text {text[:60]!r} must stand in the context at {start}",
                context[max(0, start) : max(0, start) + max(1, len(text))][:60],
            )
        answers.append((text, start))
    if is_impossible == bool(answers):
        raise _refusal(
            path,
            place,
            "there must be an answer unless `is_impossible` is true, and none if it is",
            f"{len(answers)} answers, is_impossible={is_impossible}",
        )
    return answers or None


def _get(value: Any, key: str, kind: type, path: Path, place: str) -> Any:
    if not isinstance(value, dict):
        raise _refusal(path, place or "the file", f"must be an object with `{key}`", value)
    found = value.get(key)
    if not isinstance(found, kind) or isinstance(found, bool):
        kinds = {list: "a list", str: "a string", int: "a whole number"}
        raise _refusal(path, place or "the file", f"`{key}` must be {kinds[kind]}", found)
    return found


def _refusal(path: Path, place: str, requirement: str, received: Any) -> ValueError:
    text = repr(received)
    return ValueError(
        f"{path}: {place}: {requirement}. Received: {text[:60]}{'...' if len(text) > 60 else ''}"
    )


def _read_json(path: Path) -> Any:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: the file must be readable. Received: {error}") from None
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: the file must be JSON in UTF-8. Received: {error}") from None
