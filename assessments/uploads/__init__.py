"""Files of subjects and evaluators: imports into one assessment."""
