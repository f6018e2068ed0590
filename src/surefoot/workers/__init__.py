"""Workers: each performs one kind of command and reports what happened as an event.

Owns the contact with the world. Must never decide anything: what a report means is the kernel's affair. Read `dispatch`
first, then `room` for what a run's workers share.
"""
