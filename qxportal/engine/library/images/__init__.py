"""Uploaded images: counted before they are opened, and written anew by a process that cannot use up the machine."""
