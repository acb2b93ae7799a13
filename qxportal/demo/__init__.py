"""The demo: everything that QX Portal needs, started by one command on one machine."""
