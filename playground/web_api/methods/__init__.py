"""The Web API methods, a module for each family of them."""
