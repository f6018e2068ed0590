"""The effect by which a caller's own code says whether an action may proceed."""
