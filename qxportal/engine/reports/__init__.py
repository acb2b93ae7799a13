"""Subject reports: what may be shown, the numbers, and the PDF."""
