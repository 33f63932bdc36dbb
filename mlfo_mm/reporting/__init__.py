"""Tables, figures and pages: functions of records. Imports neither torch nor OpenMMLab."""
