"""The graph of a plan, drawn: in the terminal, as Mermaid and as SVG.

Owns nothing itself. Must never judge a plan. Read `surefoot.views.graph.picture` next.
"""
