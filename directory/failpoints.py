"""Named places in the sync of the directory where a test may end the process."""

FAILPOINTS = {
    "sync.page-fetched": "a page of the directory is here alone",
    "sync.page-merged": "pages of the directory are in the mirror",
}
