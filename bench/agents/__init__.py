"""Agents on a small real model: a bare loop, agent steps, goals in words, and a repair in one request."""
