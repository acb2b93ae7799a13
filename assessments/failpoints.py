"""Named places in syncs of assessments and of reports where a test may end the process."""

FAILPOINTS = {
    # a sync
    "sync.definition": "an assessment's definition is in the mirror, its subjects are not",
    "sync.subjects": "its subjects are in the mirror, its evaluations are not",
    "sync.read": "everything was read, the time of the next sync is not set",
    # letters with codes
    "letters.sealed": "the codes are sealed here, the change does not say that it is done",
    # a report
    "report.fetched": "the PDF is here alone",
    "report.written": "its sealed file is there, no row names it",
    "report.kept": "a row names it, not committed",
    "report.stored": "it is kept, the job does not say so",
    "report-batch.settled": "a file of a batch was settled, the next one was not begun",
}
