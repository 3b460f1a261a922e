"""Beam for the tests: on this machine, or a reason to skip."""

import pytest

beam = pytest.importorskip(
    "apache_beam",
    reason="Apache Beam is not installed: pip install 'kerabert[beam]'",
)
# After it, since they cannot be imported without.
from kerabert.corpora import beam as beam_corpora  # noqa: E402
from kerabert.corpora import beam_files  # noqa: E402
from kerabert.corpora.beam import BuildShards, ReadDocuments  # noqa: E402

__all__ = ["BuildShards", "ReadDocuments", "beam", "beam_corpora", "beam_files", "run"]
_found = []  # by its module, since what a pipeline holds is copied


def run(*transforms):
    """Run transforms one after another; return what comes out, and the counters."""
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    _found.clear()
    # What the DirectRunner takes where it is not allowed to fetch another one.
    out = pipeline = beam.Pipeline(FnApiRunner())
    for number, transform in enumerate(transforms):
        out |= f"Step{number}" >> transform
    _ = out | beam.Map(_collect)
    result = pipeline.run()
    result.wait_until_finish()
    wanted = beam.metrics.MetricsFilter().with_namespace("kerabert")
    counters = result.metrics().query(wanted)["counters"]
    return list(_found), {counter.key.metric.name: counter.committed for counter in counters}


def _collect(element):
    _found.append(element)
