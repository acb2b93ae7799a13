"""Named places in jobs, changes and syncs where a test may end the process."""

FAILPOINTS = {
    # a change is recorded, in the process of a page
    "change.recording": "its row and what follows it are written, not committed",
    "sealed.kept": "its files and secrets are sealed, not committed",
    "wakeup.sending": "it is committed, nobody was rung for",
    "wakeup.sent": "the message is out",
    "change.deciding": "what a person decided is written, not committed",
    # a change is sent
    "change.begun": "a worker began a step of it, and that is counted",
    "change.before-claim": "what is there now was looked at, nothing is claimed",
    "change.claimed": "it is about to be sent",
    "change.answered": "the vendor's answer is here alone",
    "change.mirrored": "it is carried out and shows, not committed",
    "change.settled": "it is carried out, what waits for it was not looked at",
    "change.put-off": "nothing was done, it waits for another try",
    "change.dependants-refused": "it is refused and so is what waited for it, not committed",
    "change.refused": "it is refused",
    "sealed.forgotten": "its files and secrets are deleted, not committed",
    # and read back
    "change.unanswered": "no clear answer came, and that is here alone",
    "change.unclear": "it is to be read back",
    "change.before-look": "what the vendor has is about to be read",
    "change.looked": "what the vendor has is here alone",
    "change.not-found": "it was not there, and that is counted",
    # a plan
    "plan.prepared": "its lines are written, not committed",
    "plan.recorded": "its changes are recorded and its lines know them, not committed",
    # a job
    "job.claimed": "the attempt is counted, nothing was done",
    "job.reported": "what became of one item is committed",
    "job.put-off": "the vendor wants to be asked later, and that is committed",
    "job.finishing": "all is done, the job does not say so",
    "job.finished": "it says so",
    # a sync
    "merge.written": "rows of a listing are written, not committed",
    "sync.merged": "a listing is in the mirror, its reading is not closed",
    "sync.sorted-out": "who is missing is marked",
    "sync.confirmed": "the vendor said who is gone, nobody is marked",
    "sync.gone": "who is gone is marked",
    "sync.explained": "what changed has its author, the reading is not closed",
    "sync.closed": "the reading is closed, its job does not know",
    # what operators and the clock start
    "purge.batch": "a batch of old versions is deleted",
}
