"""The effects by which an attempt waits."""
