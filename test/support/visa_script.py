"""A PyVISA script as labs write them: asks an instrument, and says what it measured as JSON."""

import json
import statistics
import sys
import time

import pyvisa

resource, queries, blocks, block_query = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
manager = pyvisa.ResourceManager("@py")
instrument = manager.open_resource(resource)
instrument.write_termination = "\n"
if resource.endswith("SOCKET"):
    # A CTP10 ends its answers so; on other wires the wire itself marks the end.
    instrument.read_termination = "\r\n"
instrument.timeout = 20000
instrument.chunk_size = 1 << 20

identity = instrument.query("*IDN?").strip()
began = time.perf_counter()
for _ in range(queries):
    instrument.query("*IDN?")
rate = queries / (time.perf_counter() - began) if queries else 0

took, points, first = [], 0, None
for _ in range(blocks):
    began = time.perf_counter()
    values = instrument.query_binary_values(block_query, datatype="f", is_big_endian=True, container=list, expect_termination=True)
    took.append(time.perf_counter() - began)
    points, first = len(values), values[0]
instrument.close()
print(json.dumps({
    "identity": identity,
    "perSecond": rate,
    "blockS": statistics.median(took) if took else 0,
    "points": points,
    "first": first,
}))
