"""Why an embedded server does not run."""


class EmbeddedError(Exception):
    """A service could not be started; the text says why and what to do."""
