"""From tokenised documents to pretraining examples."""

from kerabert.corpora.pretraining_batches import PretrainingBatches
from kerabert.corpora.segment_pairs import SegmentPair, SegmentPairs
from kerabert.corpora.shard import read_shard, write_shard
from kerabert.corpora.token_documents import TokenDocuments

__all__ = [
    "PretrainingBatches",
    "SegmentPair",
    "SegmentPairs",
    "TokenDocuments",
    "read_shard",
    "write_shard",
]
