"""Mail: a queue in a table of the sending application, composition, and one delivery per recipient."""
