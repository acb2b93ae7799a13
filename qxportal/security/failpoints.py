"""Named places in a copy that is resumed where a test may end the process."""

FAILPOINTS = {
    "instance.resuming": "a copy has an epoch of its own, not committed",
    "instance.resumed": "a copy has an epoch of its own, its file does not know",
}
