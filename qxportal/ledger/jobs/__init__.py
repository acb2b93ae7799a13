"""Background work with progress: jobs, their scheduling, and what bounds them."""
