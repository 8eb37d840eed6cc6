"""The lint rules: a family a folder, a rule a module, its docstring the page that explains it."""
