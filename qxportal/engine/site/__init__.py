"""The site for people outside HR: personal links, tasks, questionnaires."""
