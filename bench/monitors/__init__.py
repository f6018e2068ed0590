"""How well monitors tell apart what goes wrong and what goes well, over traces of real agents of others."""
