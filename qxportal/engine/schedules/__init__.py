"""Opening and closing of assessments, by a request or by schedule."""
