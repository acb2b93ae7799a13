"""Named places in rotations where a test may end the process."""

FAILPOINTS = {
    "rotation.rewrapped": "a credential is sealed with the new key, in memory alone",
    "rotation.moved": "a credential lies under the new key",
}
