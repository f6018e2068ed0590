"""The journal: the append-only record of every run, the blobs it refers to, and the claim on a run.

What stands in a row and how rows are chained (`codec`, `shapes`, `chain`) is one for all implementations of the ports
in `surefoot.ports.storage`. The implementations are `sqlite`, `blobs` and `claim`; only `surefoot.api.home` names them.
Nothing here folds or judges an event.
"""
