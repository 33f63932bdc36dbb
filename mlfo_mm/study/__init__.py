"""The study's vocabulary, free of torch: runs, tasks, profiles, methods, experiments, records."""
