"""What is kept: SQLite or Postgres through SQLAlchemy. One module of queries a noun."""
