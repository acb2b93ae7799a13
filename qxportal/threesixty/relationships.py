"""Relationships that every assessment has, and how many answers of one are shown together; both sides hold to it."""

SELF, MANAGER, PEER, DIRECT_REPORT = "Self", "Manager", "Peer", "DirectReport"
BUILT_IN = (SELF, MANAGER, PEER, DIRECT_REPORT)
MINIMUM = 3  # answers that a group needs before a report shows it; an assessment may ask for more, never for fewer
