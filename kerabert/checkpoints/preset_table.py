"""The presets that can be opened by name, as a table."""

from collections.abc import Iterable, Iterator, Mapping

from kerabert.checkpoints.hosted.known_presets import KnownPreset

_COLUMNS = ("name", "parameters", "language", "cased", "licence", "from", "needs")


class PresetTable(Mapping[str, KnownPreset]):
    """Presets by name, in order; its `repr` is a table.

    Args:
        presets: `KnownPreset`s. Of two with one name the first counts.

    Example:

    >>> table = PresetTable(
    ...     [KnownPreset("bert_tiny", "hf://me/bert-tiny", 4_385_920, "en", False, "mit")]
    ... )
    >>> table
    name       parameters  language  cased  licence  from               needs
    bert_tiny        4.4M  en        no     mit      hf://me/bert-tiny
    >>> table["bert_tiny"].parameters
    4385920
    """

    def __init__(self, presets: Iterable[KnownPreset]) -> None:
        self._presets: dict[str, KnownPreset] = {}
        for preset in presets:
            self._presets.setdefault(preset.name, preset)

    def __getitem__(self, name: str) -> KnownPreset:
        return self._presets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._presets)

    def __len__(self) -> int:
        return len(self._presets)

    def __repr__(self) -> str:
        rows = [_COLUMNS, *map(_row, self._presets.values())]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = []
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            cells[1] = row[1].rjust(widths[1])
            lines.append("  ".join(cells).rstrip())
        return "\n".join(lines)


def _row(preset: KnownPreset) -> tuple[str, ...]:
    millions = "?" if preset.parameters is None else f"{preset.parameters / 1e6:.1f}M"
    cased = {True: "yes", False: "no", None: "?"}[preset.cased]
    # Where the name is the handle, it need not stand there twice.
    place = preset.handle if preset.handle != preset.name else preset.handle.split("//")[0] + "//"
    language = preset.language or "?"
    return (preset.name, millions, language, cased, preset.license, place, preset.needs)
