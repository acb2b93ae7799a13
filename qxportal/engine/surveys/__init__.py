"""Surveys: read from files, written as XML, translated, counted, switched on and off.

file --qsf, text, docx, doc--> draft.ParsedSurvey --store--> rows --definition--> XML
"""
