"""Editions: published states of a subject's report. No figure of a subject leaves the engine except through one.

subject_answers  a subject's finished evaluations
managers  the one known manager                          plan      what an edition made now would show
voices    one evaluation per person and subject          showing   the cells of an edition
making    the transaction that makes an edition          start     migration of answers older than editions
fence     no new editions after a restore                leaving   removing classes, hiding lines
facts     what HR may know                               erasing   legal erasure of a rater
"""
