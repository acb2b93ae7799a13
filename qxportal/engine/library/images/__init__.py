"""Uploaded images: checked for size before decoding, and re-encoded by a process with limited resources."""
