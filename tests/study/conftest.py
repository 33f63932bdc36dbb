"""The fabricated records of the reporting tests."""

from tests.reporting.conftest import make_pretraining, make_record

__all__ = ['make_pretraining', 'make_record']
