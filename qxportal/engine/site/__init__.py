"""The site for participants: personal links, tasks, questionnaires, reports."""
