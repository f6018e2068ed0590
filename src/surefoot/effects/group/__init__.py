"""The items of a group are found."""
