"""Named places in the opening of an organisation where a test may end the process."""

FAILPOINTS = {
    "setup.organisation": "the organisation is there, without a credential and without an owner",
    "setup.intended": "the credential says which brand it will be for; it has no token, and there is no brand",
    "setup.brand": "the brand is there, its administrator has no token",
    "setup.token": "the engine knows a token that is stored nowhere else",
    "setup.connected": "the credential is sealed; the organisation has no owner",
}
