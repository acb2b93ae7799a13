"""What every part stands on: nothing here knows what the portal is about."""
