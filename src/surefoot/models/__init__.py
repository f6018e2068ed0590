"""Models: how they are asked, what they cost, and who plays which role.

Owns all contact with provider libraries, which are loaded when a model is first asked.
"""
