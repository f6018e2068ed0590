"""How often a result that is reported as verified is wrong, by the strength of its proof."""
