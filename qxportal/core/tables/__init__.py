"""Tables that people bring along: text in any encoding and with any separator, and workbooks (XLSX, ODS)."""
