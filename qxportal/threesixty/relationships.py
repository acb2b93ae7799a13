"""Relationships that every assessment has, and how many answers of one are shown together; both sides hold to it."""

SELF, MANAGER, PEER, DIRECT_REPORT = "Self", "Manager", "Peer", "DirectReport"
BUILT_IN = (SELF, MANAGER, PEER, DIRECT_REPORT)
MINIMUM = 3  # answers that a group needs before a report shows it; a brand may ask for more, never for fewer
MINIMUM_FOR_SPREAD = 5  # answers of which a report shows how far they are apart, where a brand says nothing else
HIGHEST_MINIMUM = 10  # what a brand may ask for at most
