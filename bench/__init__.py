"""How fast Surefoot is, measured beside others on the machine at hand; `make bench` runs it.

Each participant runs in a program of its own, one after the other and round by round, so that whatever else the machine
does hits all of them alike. Read `bench.__main__` for the list of measurements, `bench.measuring` for what they share.
"""
