"""The pure core: plan, events, state, kernel, report.

Owns every decision. Must never touch a clock, a file, a thread, randomness or a library: time, ids and answers arrive
inside events. Read `surefoot.core.plan` first, then `events`, `state` and `kernel`.
"""
