"""The web page and the API: what people and programs see of the catalog."""
