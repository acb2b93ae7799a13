"""The base layer of every package; it knows nothing of the portal's subject."""
