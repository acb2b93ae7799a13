"""The questionnaire page by page, independent of requests and HTML."""
