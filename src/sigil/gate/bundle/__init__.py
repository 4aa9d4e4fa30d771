"""What belongs to the exam of a service: read, checked, sealed, changed."""
