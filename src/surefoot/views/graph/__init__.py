"""The graph of a plan: what is drawn, where the boxes stand, and the drawing as Mermaid and as SVG."""
