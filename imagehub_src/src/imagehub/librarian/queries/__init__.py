"""What is asked of the catalog: each module answers one question, for one viewer's sight."""
