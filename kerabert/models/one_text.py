"""One text in, one result out, for methods that take many."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

Method = TypeVar("Method", bound=Callable[..., Any])


def takes_one(pairs: bool = False) -> Callable[[Method], Method]:
    """Let a method of a list of texts take a str, too, and return its one result.

    Args:
        pairs: bool, whether a tuple of two str is a pair, and as good as one text. Default False.

    Example:

    >>> class Shouter:
    ...     @takes_one()
    ...     def shout(self, texts):
    ...         return [text.upper() for text in texts]
    >>> Shouter().shout("good"), Shouter().shout(["good", "film"])
    ('GOOD', ['GOOD', 'FILM'])
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def take(self: Any, texts: Any, *arguments: Any, **options: Any) -> Any:
            is_pair = pairs and isinstance(texts, tuple) and [*map(type, texts)] == [str, str]
            if not isinstance(texts, str) and not is_pair:
                return method(self, texts, *arguments, **options)
            return method(self, [texts], *arguments, **options)[0]

        return cast(Method, take)

    return decorate
