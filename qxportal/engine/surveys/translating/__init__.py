"""Takes translations of a survey from a file (importSurveyTranslations)."""
