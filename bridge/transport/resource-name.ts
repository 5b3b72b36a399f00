import { isIPv6 } from 'node:net'
import { BenchError } from '../../shared/wire/errors.ts'

const HISLIP_PORT = 4880
const MOST_PORT = 65_535
/** `gpib0,5` is a device behind a VXI-11 gateway; `name,4880` is HiSLIP's. */
const MOST_GPIB_ADDRESS = 30
const EXAMPLES =
  'TCPIP::192.168.1.20::5025::SOCKET, TCPIP::scope.lab::hislip0::INSTR, TCPIP::scope.lab::inst0::INSTR or ASRL/dev/ttyUSB0::INSTR'

/** What a VISA resource name says. */
export type Resource =
  | { wire: 'socket'; board: number; host: string; port: number }
  | { wire: 'hislip'; board: number; host: string; device: string; port: number }
  | { wire: 'vxi11'; board: number; host: string; device: string }
  | { wire: 'serial'; path: string }
  | { wire: 'browser'; port: string }
  | {
      wire: 'usb'
      board: number
      vendor: number
      product: number
      serial: string
      interface: number | undefined
    }

/**
 * Reads a VISA resource name (VPP-4.3 section 4.3.1), in any case: `TCPIP[board]::host::port::SOCKET`,
 * `TCPIP[board]::host[::device name][::INSTR]`, `ASRL<device>::INSTR`, `USB[board]::vendor::product::serial[::interface][::INSTR]`.
 * Not of VISA: `WEBSERIAL::<name>`, a port that somebody's page lends. Throws `config.invalid`, saying what is wrong with it.
 */
export function parseResource(name: string): Resource {
  const refuse = (why: string): never => {
    throw new BenchError(
      'config.invalid',
      `expected a VISA resource name such as ${EXAMPLES}; "${name}" ${why}`,
    )
  }
  const found = /^(TCPIP|ASRL|USB|WEBSERIAL)(.*)$/is.exec(name.trim())
  if (!found) return refuse('is no VISA resource name of a wire that is known here')
  const [, kind = '', rest = ''] = found
  const parts = split(rest)
  switch (kind.toUpperCase()) {
    case 'TCPIP':
      return parseLan(parts, refuse)
    case 'ASRL':
      return parseSerial(parts, refuse)
    case 'WEBSERIAL':
      return parseBrowser(parts, refuse)
    default:
      return parseUsb(parts, refuse)
  }
}

/** The name as VISA would give it back: what may be left out is there, what has no case is in upper case. */
export function canonicalName(resource: Resource): string {
  switch (resource.wire) {
    case 'socket':
      return `TCPIP${resource.board}::${bracketed(resource.host)}::${resource.port}::SOCKET`
    case 'hislip': {
      const port = resource.port === HISLIP_PORT ? '' : `,${resource.port}`
      return `TCPIP${resource.board}::${bracketed(resource.host)}::${resource.device}${port}::INSTR`
    }
    case 'vxi11':
      return `TCPIP${resource.board}::${bracketed(resource.host)}::${resource.device}::INSTR`
    case 'serial':
      return `ASRL${resource.path}::INSTR`
    case 'browser':
      return `WEBSERIAL::${resource.port}`
    case 'usb': {
      const { board, vendor, product, serial } = resource
      const number = (id: number): string => `0x${id.toString(16).toUpperCase().padStart(4, '0')}`
      const inter = resource.interface === undefined ? '' : `::${resource.interface}`
      return `USB${board}::${number(vendor)}::${number(product)}::${serial}${inter}::INSTR`
    }
  }
}

type Refuse = (why: string) => never

/** At `::`, but not inside the brackets of an IPv6 address. */
function split(text: string): string[] {
  const parts = ['']
  for (const piece of text.split(/(\[[^\]]*\]|::)/)) {
    if (piece === '::') parts.push('')
    else parts[parts.length - 1] += piece
  }
  return parts
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function parseBoard(text: string, refuse: Refuse): number {
  return /^\d{0,5}$/.test(text) ? Number(text) : refuse(`has "${text}" where a board number may be`)
}

function parseHost(text: string, refuse: Refuse): string {
  const inner = /^\[(.*)\]$/.exec(text)?.[1]
  if (inner !== undefined)
    return isIPv6(inner)
      ? inner.toLowerCase()
      : refuse(`has "${inner}" in brackets, which is no IPv6 address`)
  return /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(text)
    ? text.toLowerCase()
    : refuse(`has "${text}" where a host should be (an IPv6 address goes in brackets)`)
}

function parsePort(text: string, refuse: Refuse): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= MOST_PORT
    ? port
    : refuse(`has "${text}" where a port from 1 to 65535 should be`)
}

function parseLan([first = '', ...parts]: string[], refuse: Refuse): Resource {
  const board = parseBoard(first, refuse)
  const last = parts.at(-1)?.toUpperCase()
  if (last === 'SOCKET') {
    const [hostPart, portPart, ...more] = parts.slice(0, -1)
    if (hostPart === undefined || portPart === undefined || more.length > 0)
      return refuse('is no TCPIP::host::port::SOCKET')
    return { wire: 'socket', board, host: parseHost(hostPart, refuse), port: parsePort(portPart, refuse) }
  }
  if (last === 'INSTR') parts.pop()
  const [hostPart, device = 'inst0', ...more] = parts
  if (hostPart === undefined || more.length > 0) return refuse('is no TCPIP::host::device name::INSTR')
  const host = parseHost(hostPart, refuse)
  if (!/^[\x21-\x7e]{1,256}$/.test(device)) return refuse(`has "${device}" where a device name should be`)
  const [, deviceName = '', port] = /^(hislip[^,]*|[^,]+(?=,\d+$))(?:,(.*))?$/i.exec(device) ?? []
  if (deviceName === '' || (!/^hislip/i.test(deviceName) && Number(port) <= MOST_GPIB_ADDRESS))
    return { wire: 'vxi11', board, host, device: device.toLowerCase() }
  return {
    wire: 'hislip',
    board,
    host,
    device: deviceName.toLowerCase(),
    port: port === undefined ? HISLIP_PORT : parsePort(port, refuse),
  }
}

/** `ASRL3` is the third port: COM3, or /dev/ttyS2. */
function parseSerial(parts: string[], refuse: Refuse): Resource {
  const [device = '', last, ...more] = parts
  if (device === '' || more.length > 0 || (last !== undefined && last.toUpperCase() !== 'INSTR'))
    return refuse('is no ASRL<device>::INSTR')
  if (!/^\d{1,3}$/.test(device)) return { wire: 'serial', path: device }
  const number = Number(device)
  if (number < 1) return refuse('has port 0, and the first is 1')
  return { wire: 'serial', path: process.platform === 'win32' ? `COM${number}` : `/dev/ttyS${number - 1}` }
}

function parseBrowser(parts: string[], refuse: Refuse): Resource {
  const [none = '', port = '', ...more] = parts
  if (none !== '' || more.length > 0 || !/^[a-z][a-z0-9-]{0,31}$/.test(port))
    return refuse('is no WEBSERIAL::<name>, with a name of a-z, 0-9 and -')
  return { wire: 'browser', port }
}

function parseUsb([first = '', ...parts]: string[], refuse: Refuse): Resource {
  const board = parseBoard(first, refuse)
  if (parts.at(-1)?.toUpperCase() === 'INSTR') parts.pop()
  const [vendor = '', product = '', serial = '', inter, ...more] = parts
  const number = (text: string): number =>
    /^(0x[0-9a-f]{1,4}|\d{1,5})$/i.test(text)
      ? Number(text)
      : refuse(`has "${text}" where a USB number should be`)
  if (serial === '' || more.length > 0) return refuse('is no USB::vendor::product::serial::INSTR')
  return {
    wire: 'usb',
    board,
    vendor: number(vendor),
    product: number(product),
    serial,
    interface: inter === undefined ? undefined : number(inter),
  }
}
