"""What people read, found in templates and code, and the rules that it has to keep."""
