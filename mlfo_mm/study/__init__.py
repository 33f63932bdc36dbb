"""The study's vocabulary: tasks, profiles, methods, experiments, records, and what a run is called.

Free of torch and of OpenMMLab. It imports nothing of the package but errors and files; all else may
import it.
"""
