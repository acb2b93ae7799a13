"""How large a table may be: all is bounded before it costs memory."""

MEBI = 1024 * 1024
TEXT_BYTES, TEXT_ROWS = 50 * MEBI, 200_000
WORKBOOK_BYTES, WORKBOOK_ROWS = 20 * MEBI, 50_000
COLUMNS = 500
CELLS = 2_500_000  # of a workbook's sheet, blank ones too: the reader keeps a place for each
CHARACTERS = 32_767  # in one cell, as in a spreadsheet
LINE = 1_000_000  # characters of a row of text
BLANK_ROWS = 1_000  # after so many the table has ended
TITLE_ROWS = 30  # among which the header is looked for

PARTS = 5_000  # of a workbook's archive
SHEET_BYTES = 256 * MEBI  # unpacked
STRINGS_BYTES = 64 * MEBI  # the texts that its sheets share, unpacked
SMALL_BYTES = 4 * MEBI  # any other part, unpacked
RATIO = 250  # what packs better than this was made to unpack to too much
RATIO_FROM = 4 * MEBI
