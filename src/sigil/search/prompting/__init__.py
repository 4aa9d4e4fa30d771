"""What a model is shown: templates, and what is put into them."""
