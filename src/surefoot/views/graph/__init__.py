"""The graph of a plan: its boxes, their layout, and the drawings as Mermaid and SVG."""
