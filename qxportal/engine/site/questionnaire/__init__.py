"""What an evaluator is asked, page by page, and what was answered: no requests, no HTML."""
