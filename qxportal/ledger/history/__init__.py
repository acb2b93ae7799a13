"""Earlier contents of mirrored rows, their attribution, and external changes."""
