"""What mirrored rows said before, who changed them, and what changed outside the portal."""
