"""Command line of a Celery worker, shared by all its callers."""


def worker_options(*, threads: int, level: str) -> list[str]:
    """For `celery worker`: threads, since all that a worker does is to wait, and no talk among workers."""
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return ["worker", "-P", "threads", "-c", str(threads), "-l", level, *alone]
