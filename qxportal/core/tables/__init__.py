"""Tables that people upload: text in any encoding and with any separator, and workbooks (XLSX, ODS)."""
