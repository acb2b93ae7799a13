"""Storms in virtual time: the portal's own code on a real database, with a clock and a vendor of ours."""
