"""Folders that the environment names."""

from __future__ import annotations

import os
from pathlib import Path

from mlfo_mm import roots
from mlfo_mm.datasets import content, frame_cache


def test_home_is_what_a_shell_would_make_of_it(monkeypatch):
    monkeypatch.setenv('HOME', '/home/me')
    monkeypatch.setenv('MLFO_DATA_ROOT', os.pathsep.join(['~/sets', '/b/', '~']))
    named = [Path('/home/me/sets'), Path('/b'), Path('/home/me')]
    assert roots.data_roots() == [*named, roots.DEFAULT]
    for variable in (frame_cache.VARIABLE, content.VARIABLE):
        monkeypatch.setenv(variable, '~/kept')
        assert roots.named_folder(variable) == Path('/home/me/kept')
        monkeypatch.setenv(variable, '')
        assert roots.named_folder(variable) is None
    monkeypatch.setenv(frame_cache.VARIABLE, '~/frames')
    assert frame_cache.cache_folder() == Path('/home/me/frames')
    monkeypatch.setenv(content.VARIABLE, '~/kept')
    assert content._place('/a', 'x').is_relative_to('/home/me/kept')
