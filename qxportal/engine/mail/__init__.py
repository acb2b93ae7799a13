"""Mails of the engine: audiences, checks before sending, contents, delivery and delivery reports."""
