"""Relationships of every assessment, and minimum numbers of answers, shared by portal and engine."""

SELF, MANAGER, PEER, DIRECT_REPORT = "Self", "Manager", "Peer", "DirectReport"
BUILT_IN = (SELF, MANAGER, PEER, DIRECT_REPORT)
MINIMUM = 3  # minimum answers of a group in a report; a brand may require more, never fewer
MINIMUM_FOR_SPREAD = 5  # minimum answers for showing their spread, unless a brand sets its own
HIGHEST_MINIMUM = 10  # maximum that a brand may require
