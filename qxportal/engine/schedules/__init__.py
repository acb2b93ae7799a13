"""When assessments open and close: by a request, or by themselves at the dates that were set."""
