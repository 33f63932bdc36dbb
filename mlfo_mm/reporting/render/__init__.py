"""The forms of a table, one module a form: each walks the same grids of typed cells."""
