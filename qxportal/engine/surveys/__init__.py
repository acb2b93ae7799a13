"""Surveys: read from files, written as XML, translated, counted, switched on and off.

file --qsf, text, docx, doc--> draft.Draft --store--> rows --definition--> XML
"""
