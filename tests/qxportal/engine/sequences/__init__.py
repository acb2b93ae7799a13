"""Random sequences of requests: what the engine should hold (`world`), what is asked of it, and how both compare."""
