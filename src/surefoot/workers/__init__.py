"""Workers: each performs one kind of command and reports what happened as an event.

Owns the contact with the world.
"""
