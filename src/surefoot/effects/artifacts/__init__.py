"""What a body made for later steps is kept."""
