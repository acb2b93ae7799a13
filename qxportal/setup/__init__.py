"""Opens an organisation: beside the demo the only code that sees both ends, the portal and the engine."""
