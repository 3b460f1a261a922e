"""The rules of `word_piece` for single characters, inside a TensorFlow graph."""

from typing import Any

import tensorflow as tf

from kerabert.text import character_tables
from kerabert.text.character_tables import KINDS, PAGE, CharacterTables, PagedTable

_FINAL_SIGMA = ord("ς")
_SIGMA = ord("Σ")


class TFCharacters:
    """Code points to what becomes of them, looked up in `CharacterTables`.

    What only few texts need (a capital sigma, a character that becomes several, accents that are
    kept) is done only where a batch holds it.

    Args:
        tables: The rules.
        lowercase: Whether they lower-case.

    Inputs:
        codes: int32 (n,), code points, those of one text after those of another.
        rows: int64 (n,), the number of the text that each belongs to.

    Outputs:
        codes, kinds, rows: the new code points, their kinds (`character_tables.LETTER` and so on)
        and the numbers of their texts; as many as came, or more.
    """

    def __init__(self, tables: CharacterTables, lowercase: bool) -> None:
        self._lowercase = lowercase
        self._rules = _Lookup(tables.characters)
        self._combining_classes = _Lookup(tables.combining_classes)
        self._cases = _Lookup(tables.cases)
        self._expansions = tf.constant(tables.expansions)

    def __call__(self, codes: Any, rows: Any) -> tuple[Any, Any, Any]:
        if self._lowercase:
            codes = tf.cond(
                tf.reduce_any(codes == _SIGMA),
                lambda: self._with_final_sigmas(codes, rows),
                lambda: codes,
            )
        packed = self._rules(codes)
        kinds = packed % KINDS
        codes, kinds, rows = tf.cond(
            tf.reduce_any(kinds == character_tables.EXPANDS),
            lambda: self._expanded(codes, packed, rows),
            lambda: (codes + packed // KINDS, kinds, rows),
        )
        codes = tf.cond(
            tf.reduce_any(kinds == character_tables.ACCENT),
            lambda: self._in_canonical_order(codes, kinds, rows),
            lambda: codes,
        )
        return codes, kinds, rows

    def _with_final_sigmas(self, codes: Any, rows: Any) -> Any:
        """Each capital sigma that ends a word as the small final sigma.

        It is final if the nearest character before it that is not ignored has case, and the nearest
        one after it has not.
        """
        cases = self._cases(codes)
        removed = self._rules(codes) % KINDS == character_tables.REMOVED
        places = tf.where((cases != character_tables.IGNORED) & ~removed)[:, 0]
        rows = tf.gather(rows, places)
        cased = tf.gather(cases, places) == character_tables.CASED
        same_row = rows[1:] == rows[:-1]
        no = tf.zeros_like(cased[:1])
        after_cased = tf.concat([no, same_row & cased[:-1]], axis=0)
        before_cased = tf.concat([same_row & cased[1:], no], axis=0)
        is_final = (tf.gather(codes, places) == _SIGMA) & after_cased & ~before_cased
        finals = tf.boolean_mask(places, is_final)[:, None]
        return tf.tensor_scatter_nd_update(
            codes, finals, tf.fill(tf.shape(finals)[:1], _FINAL_SIGMA)
        )

    def _expanded(self, codes: Any, packed: Any, rows: Any) -> Any:
        """The characters with those that become several in full."""
        shifts, kinds = packed // KINDS, packed % KINDS
        expands = kinds == character_tables.EXPANDS
        width = self._expansions.shape[1]
        plain = tf.pad(
            ((codes + shifts) * KINDS + kinds)[:, None],
            [[0, 0], [0, width - 1]],
            constant_values=character_tables.REMOVED,
        )
        several = tf.gather(self._expansions, tf.where(expands, shifts, 0))
        parts = tf.where(expands[:, None], several, plain)
        rows = tf.tile(rows[:, None], [1, width])
        return (
            tf.reshape(parts // KINDS, [-1]),
            tf.reshape(parts % KINDS, [-1]),
            tf.reshape(rows, [-1]),
        )

    def _in_canonical_order(self, codes: Any, kinds: Any, rows: Any) -> Any:
        """The accents that are kept, sorted by combining class within each run of accents."""
        is_accent = kinds == character_tables.ACCENT
        places = tf.where(is_accent)
        in_run = is_accent | (kinds == character_tables.REMOVED)
        new_row = tf.concat([tf.zeros_like(is_accent[:1]), rows[1:] != rows[:-1]], axis=0)
        runs = tf.cumsum(tf.cast(new_row | ~in_run, tf.int32))
        keys = tf.gather_nd(runs, places) * 256 + tf.gather_nd(
            self._combining_classes(codes), places
        )
        accents = tf.gather_nd(codes, places)
        order = tf.argsort(tf.cast(keys, tf.int64), stable=True)
        return tf.tensor_scatter_nd_update(codes, places, tf.gather(accents, order))


class _Lookup:
    """A `PagedTable` in a graph."""

    def __init__(self, table: PagedTable) -> None:
        self._page_numbers = tf.constant(table.page_numbers)
        self._values = tf.constant(table.pages.reshape(-1))

    def __call__(self, codes: Any) -> Any:
        pages = tf.gather(self._page_numbers, codes // PAGE)
        return tf.gather(self._values, pages * PAGE + codes % PAGE)
