"""Mail: a queue in a table of the sending application, composing, and one delivery per recipient."""
