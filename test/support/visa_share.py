"""Two PyVISA scripts at one shared instrument, and what they saw as JSON."""

import json
import sys

import pyvisa

resource, block_query = sys.argv[1], sys.argv[2]
manager = pyvisa.ResourceManager("@py")


def opened():
    instrument = manager.open_resource(resource)
    instrument.write_termination = "\n"
    if resource.endswith("SOCKET"):
        # A CTP10 ends its answers so; on other wires the wire itself marks the end.
        instrument.read_termination = "\r\n"
    instrument.timeout = 20000
    return instrument


first, second = opened(), opened()
identity = first.query("*IDN?").strip()

first.write("FOO:BAR")
error = first.query("SYST:ERR?").strip()
none = first.query("SYST:ERR?").strip()

values = first.query_binary_values(block_query, datatype="f", is_big_endian=True, container=list, expect_termination=True)

if resource.endswith("SOCKET"):
    assert first.query("SYST:LOCK:REQ?") == "1"
else:
    first.lock_excl()
held_off = None
second.timeout = 500
try:
    second.query("*OPC?")
except pyvisa.VisaIOError as refused:
    held_off = refused.abbreviation
assert first.query("*OPC?").strip() == "1"
if resource.endswith("SOCKET"):
    first.write("SYST:LOCK:REL")
else:
    first.unlock()
second.timeout = 20000
if resource.endswith("SOCKET"):
    # Its question has waited for the lock, and is answered now.
    then = second.read().strip()
else:
    then = second.query("*OPC?").strip()

first.close()
second.close()
print(json.dumps({
    "identity": identity,
    "error": error,
    "none": none,
    "points": len(values),
    "first": values[0],
    "heldOff": held_off,
    "then": then,
}))
