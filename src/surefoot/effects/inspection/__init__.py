"""What a body wrote is found out."""
