"""From raw documents to pretraining examples."""

from kerabert.corpora.build import BuiltCorpus, build_shards
from kerabert.corpora.cleaning import CleaningReport, CorpusCleaner
from kerabert.corpora.documents import Document, DocumentReader
from kerabert.corpora.pretraining_batches import PretrainingBatches
from kerabert.corpora.segment_pairs import SegmentPair, SegmentPairs
from kerabert.corpora.sentences import split_sentences
from kerabert.corpora.shard import read_shard, write_shard
from kerabert.corpora.token_documents import TokenDocuments

__all__ = [
    "BuiltCorpus",
    "CleaningReport",
    "CorpusCleaner",
    "Document",
    "DocumentReader",
    "PretrainingBatches",
    "SegmentPair",
    "SegmentPairs",
    "TokenDocuments",
    "build_shards",
    "read_shard",
    "split_sentences",
    "write_shard",
]
