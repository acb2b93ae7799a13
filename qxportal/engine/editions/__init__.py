"""Editions: what a report may show after it was shown once. No figure of a subject leaves the engine but by one.

subject_answers  the finished evaluations of a subject
managers  who is the one known manager
voices    one voice per person, whatever forms he gave   plan      what an edition made now would show
making    the transaction that makes one                 showing   the cells of the last one
fence     nothing new after a restore                    start     rows of the time before there were editions
facts     what HR may know                               leaving   taking out classes, hiding lines
erasing   forgetting a rater by law
"""
