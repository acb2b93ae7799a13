"""Requests and answers as data, without any I/O; of formats, what calls and records need themselves stays outside."""
