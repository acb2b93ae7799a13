"""Imports of people from CSV files.

    sheet.read -> rows -> run.import_file -> persons (who a row means) -> pairs (who evaluates whom) -> Outcome

A row that cannot be used is ignored with its reason; the others are imported. Rows count as in a spreadsheet: the
header is 1.
"""
