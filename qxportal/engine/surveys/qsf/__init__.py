"""Reads QSF files, the form in which the vendor exports whole surveys."""
