"""Named places in the engine's work where a test may end the process."""

FAILPOINTS = {
    "reports.recorded": "what delivery reports say is committed, the messages lie in the mailbox",
    "reports.deleted": "the messages are deleted, how far the mailbox was read is not noted",
}
