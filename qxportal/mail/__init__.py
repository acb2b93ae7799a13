"""Mail: a queue in a table of whoever sends, composing, and one delivery per recipient."""
