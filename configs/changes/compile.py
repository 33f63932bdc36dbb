"""Backbones compiled by torch: a first step of a minute or more, then faster ones."""

from mlfo_mm.engine.hooks import CompileHook

default_hooks = dict(compile=dict(type=CompileHook))
