"""Surveys: import from files, XML, translations, quotas, activation.

file --qsf, text, docx, doc--> draft.ParsedSurvey --store--> rows --definition--> XML
"""
