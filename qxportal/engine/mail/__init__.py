"""Mails of the engine: who gets which, whether that is still right when they go, what they say, and their way out."""
