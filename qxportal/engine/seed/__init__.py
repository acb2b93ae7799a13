"""The demo brands: people, surveys, assessments and answers."""
