"""Plans: bulk work that is validated, previewed, applied as one job and undone by a plan of its own."""
