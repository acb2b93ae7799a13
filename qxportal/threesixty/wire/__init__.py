"""Requests and responses as data, without I/O; formats that calls and records use themselves are elsewhere."""
