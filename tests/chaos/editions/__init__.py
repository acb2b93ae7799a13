"""Random histories of reports: what they show over time tells nobody's answer, by the rule; and much without it.

world      one assessment, its people and what they say     history  what happens to it, drawn from a seed
solver     what follows from all editions together          run      both worlds of each history, and the sums
naive      the control: every report from the answers there are now
"""
