"""What runs, plans and steps have to say, as plain structures: for every front end, of no certain width.

Report sections, graph, diffs, transcripts, activity and timeline. Nothing in here knows a terminal: how a view looks is
decided by the front end that shows it, such as `surefoot.cli`.
"""
