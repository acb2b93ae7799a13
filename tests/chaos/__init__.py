"""Storms: all that can go wrong at once, from a seed, and afterwards an audit: `./portal storm`."""
