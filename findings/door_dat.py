"""Writes a trace.dat of version 6 with one CPU to stdout: events door_moves, whose fields are door, which counts them, and
ret, the arguments. The form is that of trace-cmd.dat.v6(5)."""

import struct
import sys

PAGE = """\
	field: u64 timestamp;	offset:0;	size:8;	signed:0;
	field: local_t commit;	offset:8;	size:8;	signed:1;
	field: int overwrite;	offset:8;	size:1;	signed:1;
	field: char data;	offset:16;	size:4080;	signed:0;
"""
EVENT = """\
# compressed entry header
	type_len    :    5 bits
	time_delta  :   27 bits
	array       :   32 bits

	padding     : type == 29
	time_extend : type == 30
	time_stamp : type == 31
	data max type_len  == 28
"""
DOOR = """\
name: door_moves
ID: 500
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:unsigned int door;	offset:8;	size:4;	signed:0;
	field:int ret;	offset:12;	size:4;	signed:1;

print fmt: "door: %u ret: %d", REC->door, REC->ret
"""


def sized(text):
    return struct.pack("<Q", len(text)) + text.encode()


events = b""
for door, ret in enumerate(sys.argv[1:]):
    payload = struct.pack("<HBBiIi", 500, 0, 0, 42, door, int(ret))
    events += struct.pack("<I", len(payload) // 4 | (1000 if door else 0) << 5) + payload
page = (struct.pack("<QQ", 10**9, len(events)) + events).ljust(4096, b"\0")

out = b"\x17\x08\x44tracing6\0" + struct.pack("<BBI", 0, 8, 4096)  # little endian, 8 bytes to a long, the size of a page
out += b"header_page\0" + sized(PAGE) + b"header_event\0" + sized(EVENT)
out += struct.pack("<I", 0)  # no formats of ftrace's own
out += struct.pack("<I", 1) + b"door\0" + struct.pack("<I", 1) + sized(DOOR)
out += struct.pack("<II", 0, 0) + sized("42 opener\n")  # no symbols, no formats of printk, the names of tasks
out += struct.pack("<I", 1) + b"options  \0" + struct.pack("<H", 0) + b"flyrecord\0"
start = (len(out) + 16 + 4095) // 4096 * 4096
out += struct.pack("<QQ", start, len(page))
sys.stdout.buffer.write(out.ljust(start, b"\0") + page)
