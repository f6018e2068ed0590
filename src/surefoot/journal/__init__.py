"""The journal: the append-only record of every run, the blobs it refers to, and the claim on a run.

Owns what is on disk below `$SUREFOOT_HOME` apart from the runs' workspaces. Must never fold or judge an event. Read
`surefoot.journal.store` next, then `surefoot.journal.claim`.
"""

from surefoot.journal.blobs import BlobStore
from surefoot.journal.claim import Claim, Holder
from surefoot.journal.store import Appended, Batch, Journal, Recorded, RunRow

__all__ = ["Appended", "Batch", "BlobStore", "Claim", "Holder", "Journal", "Recorded", "RunRow"]
