"""Helpers of the tests besides their fixtures."""
