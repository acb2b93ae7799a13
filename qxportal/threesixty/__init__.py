"""Client of the ThreeSixty API; independent of Django."""
