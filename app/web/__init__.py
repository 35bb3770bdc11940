"""The web application: routes, bodies and pages; FastAPI is imported here and nowhere else."""
