"""Numbers and options of command lines: what they are, or one line."""

from __future__ import annotations

import argparse

import pytest

from mlfo_mm.arguments import (
    EXIT_STATUS,
    LARGEST_SEED,
    OptionsAction,
    Parser,
    count,
    duration,
    natural,
    seed,
    spelled,
)


def test_numbers_within_bounds():
    assert (count('1'), natural('0'), seed('0'), seed(str(LARGEST_SEED))) == (1, 0, 0, 2**31 - 1)


@pytest.mark.parametrize(
    ('kind', 'text'),
    [
        (seed, '-1'),
        (seed, '99999999999999999999'),
        (seed, str(2**31)),
        (seed, '9' * 5000),  # more digits than Python reads
        (count, '0'),
        (natural, '-1'),
        (natural, '1.5'),
        (natural, 'nan'),
        (count, '\x1b[2J'),
        (count, ''),
    ],
)
def test_others_are_refused_in_one_line(kind, text):
    with pytest.raises(argparse.ArgumentTypeError, match='no whole number from') as error:
        kind(text)
    assert len(str(error.value)) < 150 and str(error.value).isprintable()


@pytest.mark.parametrize('words', [['a'], ['a=1', 'b'], ['a=(1,2'], ['a=[1,(2]']])
def test_options_that_cannot_be_read(words, capsys):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction)
    with pytest.raises(SystemExit) as stopped:
        parser.parse_args(['--cfg-options', *words])
    assert stopped.value.code == 2
    assert f'--cfg-options: {words[-1]!r}' in capsys.readouterr().err
    known = parser.parse_args(['--cfg-options', 'a.b=1', 'c=(1,2.5)', 'd=x=y'])
    assert known.cfg_options == {'a.b': 1, 'c': (1, 2.5), 'd': 'x=y'}


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('out/with space', 'out/with space'),
        ('my  set (2)', 'my  set (2)'),
        ('"a, b"', 'a, b'),
        ("'10'", '10'),
        ('[a b, c]', ['a b', 'c']),
        ('(1, [2, x y])', (1, [2, 'x y'])),
        ('a,b', ['a', 'b']),
        ('1,', [1]),
        (' 1e-3', 1e-3),
        ('true', True),
        ('[dict, {"type": "A b"}]', ['dict', {'type': 'A b'}]),
        ('', ''),
    ],
)
def test_options_keep_their_spaces(text, value):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction)
    known = parser.parse_args(['--cfg-options', f'work_dir={text}']).cfg_options['work_dir']
    assert known == value and type(known) is type(value)


def test_times():
    assert [duration(text) for text in ('90s', '12m', '1.5h')] == [90, 720, 5400]


@pytest.mark.parametrize('text', ['12', 'm', '0m', '-1h', '1e3s', 'nanh', '9' * 40 + 's'])
def test_what_is_no_time(text):
    with pytest.raises(argparse.ArgumentTypeError, match='no time such as 90s, 12m'):
        duration(text)


@pytest.mark.parametrize(
    'value', [1, 0.5, True, None, 'plain', 'a, b', '10', '[1', '(x', [1, 2], (1, 'x'), {'a': 1}]
)
def test_what_is_spelled_is_read_back(value):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction)
    read = parser.parse_args(['--cfg-options', f'key={spelled(value)}']).cfg_options['key']
    assert (read, type(read)) == (value, type(value))


def test_help_says_defaults_examples_and_exit_status(monkeypatch):
    monkeypatch.setattr('sys.argv', ['tools/it.py'])
    parser = Parser('What ``it`` does.', ['mine', ''])
    parser.add_argument('--size', type=int, default=3, help='of it')
    parser.add_argument('--none', help='nothing')
    parser.add_argument('--flag', action='store_true', help='yes')
    text = parser.format_help()
    assert 'What it does.' in text and 'of it (default: 3)' in text
    assert text.count('default') == 1
    assert '\nexamples:\n  python tools/it.py mine\n  python tools/it.py\n' in text
    assert text.rstrip().endswith(EXIT_STATUS)
    monkeypatch.setattr('sys.argv', ['mlfo it'])
    assert Parser('', ['x']).format_help().startswith('usage: mlfo it ')
