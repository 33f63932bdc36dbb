"""Figures as functions of records, by matplotlib; imports neither torch nor OpenMMLab."""
