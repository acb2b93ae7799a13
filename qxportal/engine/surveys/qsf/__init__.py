"""Reads QSF files, the vendor's export format for whole surveys."""
