"""Size limits of tables, checked before a table takes memory."""

MEBI = 1024 * 1024
TEXT_BYTES, TEXT_ROWS = 50 * MEBI, 200_000
WORKBOOK_BYTES, WORKBOOK_ROWS = 20 * MEBI, 50_000
COLUMNS = 500
CELLS = 2_500_000  # in a workbook's sheet, including blank ones, which the reader keeps as well
CHARACTERS = 32_767  # in one cell, as in a spreadsheet
LINE = 1_000_000  # characters in one row of text
BLANK_ROWS = 1_000  # a longer gap ends the table
TITLE_ROWS = 30  # rows to search for the header

PARTS = 5_000  # number of parts in a workbook's archive
SHEET_BYTES = 256 * MEBI  # unpacked
STRINGS_BYTES = 64 * MEBI  # shared strings, unpacked
SMALL_BYTES = 4 * MEBI  # any other part, unpacked
RATIO = 250  # a higher compression ratio indicates a decompression bomb
RATIO_FROM = 4 * MEBI
