"""Views of runs, plans and steps as plain structures, for every front end.

Nothing in here knows a terminal or a width: the front end decides how a view looks.
"""
