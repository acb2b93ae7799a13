"""Responses from a CSV file in the layout of the evaluation status.

    header.read -> checking.check (every row, nothing written) -> writing.write (the file read once more)

One invalid row rejects the whole file. The caller holds the transaction and the assessment's lock.
"""
