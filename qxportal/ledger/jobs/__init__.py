"""Background work with progress: jobs, their scheduling, and their limits."""
