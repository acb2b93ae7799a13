"""The demo brands: their people, forms, assessments and answers."""
