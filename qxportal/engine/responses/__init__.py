"""Export and import of responses as tables.

    selection (which responses) -> columns (cells of each) -> layouts (CSV, HTML, JSON, XML)
    importing.records -> header -> forms (whole file checked, then written)

Both ways read and write a cell by `values`. Nothing here holds more than one chunk of responses.
"""
