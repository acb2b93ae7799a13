"""Writes surveys as XML (getSurvey)."""
