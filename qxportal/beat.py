"""Beat's scheduler, which a clock cannot silence.

Celery's waits until the time of its last message has passed. That time may lie in the future, in its file after a clock
that ran ahead, or in memory when the clock is put back; then nothing would be sent until the clock gets there.
"""

from datetime import timedelta
from typing import Any

import structlog
from celery.beat import PersistentScheduler

log = structlog.get_logger(__name__)
AHEAD = timedelta(seconds=5)  # less is no wrong clock


class Scheduler(PersistentScheduler):  # type: ignore[misc]
    """Begins anew, and says so, where an entry was last sent in the future."""

    def setup_schedule(self) -> None:
        """Read the file."""
        super().setup_schedule()
        self.believe_the_clock()

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Look at the clock before each round; gives for how long there is nothing to do."""
        self.believe_the_clock()
        return super().tick(*args, **kwargs)

    def believe_the_clock(self) -> int:
        """Let every entry that was last sent in the future be sent from now on; gives how many."""
        now = self.app.now()
        late = [entry for entry in self.schedule.values() if entry.last_run_at > now + AHEAD]
        if late:
            seconds = int(max((entry.last_run_at - now).total_seconds() for entry in late))
            log.warning("clock_went_back", schedules=[entry.name for entry in late], seconds=seconds)
            for entry in late:
                entry.last_run_at = now
            self._heap = None  # its times are those of the clock as it was
            self.sync()
        return len(late)
