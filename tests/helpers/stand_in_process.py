"""A flight software in a process of its own that knows nothing of Homeward but the XTCE of its packets.

    python stand_in_process.py homeward_link.xml [TROUBLE AFTER]

It flies an entry at a constant bank and opens at an altitude. It prints the port it listens on. After so many
calls there may be TROUBLE: dies, hangs, late, garbage, nan, absurd.
"""

import binascii
import math
import socket
import struct
import sys
import time
import xml.etree.ElementTree as ET

SPACE = "{http://www.omg.org/spec/XTCE/20180204}"
BANK, OPENING = math.radians(55.0), 10.7e3  # rad; m
RADIUS, FLATTENING = 6378137.0, 1 / 298.257223563


class Packets:
    """The packets of the document: by name their APID, and names and format of their user data."""

    def __init__(self, path):
        root = ET.parse(path).getroot()
        self.messages = root.find(f"{SPACE}Header").get("date")
        kinds = {}
        for kind in root.iter():
            name = kind.get("name") or ""
            bits = kind.find(f"{SPACE}IntegerDataEncoding")
            fixed = kind.find(f".//{SPACE}FixedValue")
            if kind.tag == f"{SPACE}FloatParameterType":
                kinds[name] = "d"
            elif kind.tag == f"{SPACE}IntegerParameterType":
                signed = bits.get("encoding") == "twosComplement"
                kinds[name] = {8: "B", 16: "H", 32: "i" if signed else "I"}.get(
                    int(bits.get("sizeInBits")), ""
                )
            elif fixed is not None and kind.tag == f"{SPACE}StringParameterType":
                kinds[name] = f"{int(fixed.text) // 8}s"
        types = {p.get("name"): kinds[p.get("parameterTypeRef")] for p in root.iter(f"{SPACE}Parameter")}
        self.apids, self.names, self.formats = {}, {}, {}
        for held in root.iter(f"{SPACE}SequenceContainer"):
            apid = held.find(f".//{SPACE}Comparison[@parameterRef='PKT_APID']")
            if apid is None:
                continue
            short = held.get("name")
            names = [e.get("parameterRef") for e in held.iter(f"{SPACE}ParameterRefEntry")][:-1]
            self.apids[short] = int(apid.get("value"))
            self.names[short] = [n.removeprefix(f"{short}_") for n in names]
            self.formats[short] = struct.Struct(">" + "".join(types[n] for n in names))

    def pack(self, short, values, time_code):
        """The octets of a packet; values by name, the others zero."""
        filled = [values.get(n, b"" if c.endswith("s") else 0)
                  for n, c in zip(self.names[short], self._codes(short), strict=True)]  # fmt: skip
        data = time_code + self.formats[short].pack(*filled)
        body = struct.pack(">HHH", 0x0800 | self.apids[short], 0xC000, len(data) + 1) + data
        return body + struct.pack(">H", binascii.crc_hqx(body, 0xFFFF))

    def _codes(self, short):
        text, codes, digits = self.formats[short].format[1:], [], ""
        for c in text:
            digits += c
            if not c.isdigit():
                codes.append(digits)
                digits = ""
        return codes


def receive(end):
    """APID, time code and user data of the next packet."""
    head = b""
    while len(head) < 6:
        head += end.recv(6 - len(head)) or sys.exit(0)
    rest, octets = b"", int.from_bytes(head[4:6], "big") + 1
    while len(rest) < octets:
        rest += end.recv(octets - len(rest)) or sys.exit(0)
    assert binascii.crc_hqx(head + rest, 0xFFFF) == 0
    return int.from_bytes(head[:2], "big") & 0x7FF, rest[:8], rest[8:-2]


def altitude(r):
    """Altitude [m] of a place above the ellipsoid, to some metres."""
    long = math.dist(r, (0, 0, 0))
    return long - RADIUS * (1.0 - FLATTENING * (r[2] / long) ** 2)


def command(seen, last):
    """Bank held; the step ends when the altitude falls through the opening's."""
    high = altitude([seen[f"position_fix_{k}"] for k in range(3)])
    falls = (last - high) if last is not None else 0.0
    ends = (high - OPENING) / falls if 0.0 < high - OPENING < falls else math.inf
    return {"bank": BANK, "ends_in": ends}, high


def main():
    """One flight."""
    packets = Packets(sys.argv[1])
    trouble, after = (sys.argv[2], int(sys.argv[3])) if len(sys.argv) > 3 else ("", 1 << 30)
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    end = listening.accept()[0]
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    hello = {"version": 1, "messages": packets.messages.encode(), "name": b"stand-in"}
    if trouble == "hash":
        hello["scenario"] = b"0" * 64
    end.sendall(packets.pack("hello", hello, b"\x1f" + bytes(7)))
    loaded, calls, last = 0, 0, None
    while True:
        apid, stamp, data = receive(end)
        short = next(n for n, a in packets.apids.items() if a == apid)
        told = dict(zip(packets.names[short], packets.formats[short].unpack(data), strict=True))
        if short == "load":
            loaded += told["count"]
        elif short == "begin":
            end.sendall(packets.pack("ready", {"loaded": loaded}, stamp))
        elif short == "end":
            return
        else:
            calls += 1
            said, last = command(told, last)
            if calls > after:
                if trouble == "dies":
                    return
                if trouble == "hangs":
                    time.sleep(60.0)
                if trouble == "late" and calls % 5 == 0:
                    time.sleep(0.4)
                if trouble == "garbage":
                    end.sendall(b"no packet at all, and a good deal of it" * 3)
                    continue
                said |= {"nan": {"bank": math.nan}, "absurd": {"bank": 1e30}}.get(trouble, {})
            end.sendall(packets.pack("command", said | {"call": told["call"]}, stamp))


if __name__ == "__main__":
    main()
