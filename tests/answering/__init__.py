"""People who answer on the site, as many as a benchmark or a storm wants, over HTTP."""
