"""Where a decoder can begin: told by the pictures themselves, as the flags of containers may lie.

Only of codecs in which a picture says so, and for which tests hold it. Of all others decoding begins
at the first packet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Data = bytes | memoryview
WHOLE = {  # every picture by itself, nothing carried over from one to the next
    'prores', 'dnxhd', 'dvvideo', 'utvideo', 'huffyuv', 'ffvhuff', 'jpeg2000', 'v210', 'magicyuv',
}  # fmt: skip
MPEG4_SKIPPED = 19  # bytes below which an MPEG-4 packet may hold no picture, as FFmpeg has it
MARK = b'\0\0\1'
HEADERS = {
    'h264': (1, (6,)),
    'hevc': (2, (39, 40)),
}  # bytes of a unit's header; kinds that hold messages
TURN = 47  # a message of how pictures are turned


def can_start(codec: str, data: bytes, extradata: bytes | None) -> bool:
    """Whether all that is shown from this packet on is right if decoding begins with it.

    Pictures that are shown before that of the packet need not be.

    Args:
        codec: Name of the codec, as FFmpeg's table of codecs has it.
        data: Of the packet.
        extradata: Of the stream.
    """
    if codec in WHOLE:
        return True
    test = STARTS.get(codec)
    try:
        return test is not None and test(data, extradata or b'')
    except IndexError:  # cut short
        return False


def stands_alone(codec: str, data: bytes, extradata: bytes | None) -> bool:
    """Whether nothing from this packet on refers to anything before it, whenever it is shown."""
    return codec == 'h264' and _h264(data, extradata or b'', closed=True)


def is_shown(codec: str, data: Data) -> bool:
    """Whether a packet shows a picture: VP8 and VP9 have packets that are only referred to."""
    if codec == 'vp8':
        return bool(data[0] & 0x10)
    if codec == 'vp9' and data[-1] & 0xE0 != 0xC0:  # not a superframe
        first = _vp9_bits(data)
        return bool(first & 4) or bool(first & 1)
    return True


def is_packed(data: bytes) -> bool:
    """Whether an MPEG-4 stream's first packet or ``extradata`` says that packets may hold two pictures.

    DivX's way to put B-frames into AVI files: the next packet is a place holder then.
    """
    return re.search(rb'DivX\d+(b|Build)\d+p', data) is not None


def pictures(data: bytes) -> int:
    """How many pictures an MPEG-4 packet holds; a place holder has none."""
    return data.count(MARK + b'\xb6') if len(data) >= MPEG4_SKIPPED else 0


def is_leading(codec: str, data: bytes) -> bool:
    """Whether an MPEG-4 packet holds a picture that refers to the one before and the one after."""
    place = data.find(MARK + b'\xb6') if codec == 'mpeg4' else -1
    return 0 <= place < len(data) - 4 and data[place + 4] >> 6 == 2


def turns(codec: str, data: bytes, extradata: bytes | None) -> bool:
    """Whether a packet of H.264 or HEVC says which way up it and the pictures after it are shown."""
    if codec not in HEADERS:
        return False
    size, kinds = HEADERS[codec]
    try:
        for unit in _units(codec, data, extradata or b'', limit=4096):
            kind = unit[0] & 31 if codec == 'h264' else unit[0] >> 1 & 63
            if kind in kinds and TURN in _messages(unit[size:].replace(b'\0\0\3', b'\0\0')):
                return True
    except IndexError:  # cut short
        pass
    return False


def _messages(data: bytes) -> Iterator[int]:
    """Kinds of the messages in a unit of them."""
    place = 0
    while place + 1 < len(data):  # the last byte only ends the unit
        found = []
        for _ in range(2):  # kind and size
            value = 0
            while data[place] == 255:
                value, place = value + 255, place + 1
            found.append(value + data[place])
            place += 1
        yield found[0]
        place += found[1]


def _units(codec: str, data: bytes, extradata: bytes, limit: int = 8) -> Iterator[bytes]:
    """The first bytes of each NAL unit of a packet."""
    place = length_size = 0
    if extradata[:1] == b'\1':
        length_size = (extradata[4 if codec == 'h264' else 21] & 3) + 1
    if length_size:
        while place + length_size < len(data):
            size = int.from_bytes(data[place : place + length_size], 'big')
            place += length_size
            yield data[place : place + min(size, limit)]
            place += size
        return
    while (place := data.find(MARK, place)) >= 0:
        place += 3
        yield data[place : place + limit]


def _h264(data: bytes, extradata: bytes, closed: bool = False) -> bool:
    """An IDR picture or, unless it is to be ``closed``, one at which recovery is at once and exact."""
    for unit in _units('h264', data, extradata):
        kind = unit[0] & 31
        # a message (6) of a recovery point (6): no pictures to wait for (1), exact (1)
        if kind == 6 and not closed and unit[1] == 6 and unit[3] & 0xC0 == 0xC0:
            return True
        if 1 <= kind <= 5:
            return kind == 5
    return False


def _hevc(data: bytes, extradata: bytes) -> bool:
    """An intra random access point."""
    for unit in _units('hevc', data, extradata):
        kind = unit[0] >> 1 & 63
        if kind < 32:
            return 16 <= kind <= 21
    return False


def _mpeg4(data: bytes, extradata: bytes) -> bool:
    place = data.find(MARK + b'\xb6')
    return place >= 0 and data[place + 4] >> 6 == 0


def _mpeg2(data: bytes, extradata: bytes) -> bool:
    """A picture within itself, with the header that tables begin anew with."""
    place = data.find(MARK + b'\0')
    return place >= 0 and MARK + b'\xb3' in data[:place] and data[place + 5] >> 3 & 7 == 1


def _vp8(data: bytes, extradata: bytes) -> bool:
    return not data[0] & 1


def _vp9(data: bytes, extradata: bytes) -> bool:
    return _vp9_bits(data) & 6 == 0


def _vp9_bits(data: Data) -> int:
    """Of a frame's header: shown again, not a key frame, shown (4, 2, 1)."""
    return data[0] >> (0 if data[0] & 0x30 == 0x30 else 1) & 7


def _av1(data: bytes, extradata: bytes) -> bool:
    """A sequence header, and then a key frame that is shown."""
    place, begun = 0, False
    while place < len(data):
        header = data[place]
        kind, place = header >> 3 & 15, place + (2 if header & 4 else 1)
        size, shift = 0, 0
        while header & 2:
            size |= (data[place] & 127) << shift
            place, shift = place + 1, shift + 7
            if not data[place - 1] & 128:
                break
        begun |= kind == 1
        if kind in (3, 6):
            return begun and data[place] >> 4 & 0b1111 == 1
        if not header & 2:
            return False
        place += size
    return False


def _mjpeg(data: bytes, extradata: bytes) -> bool:
    """With tables of its own."""
    return b'\xff\xdb' in data and b'\xff\xc4' in data


STARTS: dict[str, Callable[[bytes, bytes], bool]] = {
    'h264': _h264,
    'hevc': _hevc,
    'mpeg4': _mpeg4,
    'mpeg1video': _mpeg2,
    'mpeg2video': _mpeg2,
    'vp8': _vp8,
    'vp9': _vp9,
    'av1': _av1,
    'mjpeg': _mjpeg,
}
