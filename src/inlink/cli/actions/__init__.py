"""What each verb does, one function a verb; a module is imported when one of its verbs runs."""
