"""How the tests run a guide."""

import re
from pathlib import Path

from tests.checks import REPOSITORY

GUIDES = REPOSITORY / "guides"


def run_guide(name: str, settings: dict[str, str]) -> None:
    """Run a guide as it is written, but for some of its lines.

    Args:
        name: str, the guide's, without its ending.
        settings: dict from a regular expression, which must match one whole line, to the line that
            takes its place.
    """
    path: Path = GUIDES / f"{name}.py"
    lines = path.read_text(encoding="utf-8").split("\n")
    for pattern, line in settings.items():
        places = [i for i, old in enumerate(lines) if re.fullmatch(pattern, old)]
        assert len(places) == 1, f"{pattern} must match one line of {path}: {places}"
        lines[places[0]] = line
    code = compile("\n".join(lines), path, "exec")
    exec(code, {"__file__": str(path), "__name__": "__main__"})
