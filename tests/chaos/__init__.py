"""Storms: all that can go wrong at once, from a seed, and afterwards the books are compared: `./portal storm`."""
