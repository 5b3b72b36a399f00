import { describe, expect, it } from 'vitest'
import { canonicalName, parseResource } from '../../bridge/transport/resource-name.ts'
import { openResource, resourceName } from '../../bridge/transport/resource.ts'

const canonical = (name: string): string => canonicalName(parseResource(name))

describe('a VISA resource name', () => {
  it.each([
    ['TCPIP::192.168.1.20::5025::SOCKET', 'TCPIP0::192.168.1.20::5025::SOCKET'],
    ['tcpip2::Scope.Lab::5025::socket', 'TCPIP2::scope.lab::5025::SOCKET'],
    ['TCPIP::[FE80::1]::5025::SOCKET', 'TCPIP0::[fe80::1]::5025::SOCKET'],
    ['TCPIP::scope', 'TCPIP0::scope::inst0::INSTR'],
    ['TCPIP::scope::INSTR', 'TCPIP0::scope::inst0::INSTR'],
    ['TCPIP::scope::INST1', 'TCPIP0::scope::inst1::INSTR'],
    ['TCPIP::gateway::gpib0,5::INSTR', 'TCPIP0::gateway::gpib0,5::INSTR'],
    ['tcpip::scope::HISLIP0', 'TCPIP0::scope::hislip0::INSTR'],
    ['TCPIP::scope::hislip0,4880::INSTR', 'TCPIP0::scope::hislip0::INSTR'],
    ['TCPIP::[::1]::hislip1,5000::INSTR', 'TCPIP0::[::1]::hislip1,5000::INSTR'],
    ['ASRL/dev/ttyUSB0::INSTR', 'ASRL/dev/ttyUSB0::INSTR'],
    ['asrlCOM4', 'ASRLCOM4::INSTR'],
    ['USB::0x1AB1::0x0588::DS1K00005888::INSTR', 'USB0::0x1AB1::0x0588::DS1K00005888::INSTR'],
    ['usb1::6833::1416::A-1::2', 'USB1::0x1AB1::0x0588::A-1::2::INSTR'],
  ])('%s is %s', (name, expected) => {
    expect(canonical(name)).toBe(expected)
    expect(canonical(expected)).toBe(expected)
  })

  it.each([
    ['TCPIP::scope::hislip0::INSTR', { wire: 'hislip', device: 'hislip0', port: 4880 }],
    ['TCPIP::scope::lamp,4881::INSTR', { wire: 'hislip', device: 'lamp', port: 4881 }],
    ['TCPIP::scope::gpib0,5::INSTR', { wire: 'vxi11', device: 'gpib0,5' }],
    ['TCPIP::[::1]::INSTR', { wire: 'vxi11', host: '::1', device: 'inst0' }],
    ['TCPIP3::scope::5025::SOCKET', { wire: 'socket', board: 3, port: 5025 }],
    ['ASRL3::INSTR', { wire: 'serial', path: '/dev/ttyS2' }],
  ])('%s leads to the right wire', (name, expected) => {
    expect(parseResource(name)).toMatchObject(expected)
  })

  it.each([
    ['GPIB0::5::INSTR', /no VISA resource name of a wire that is known here/],
    ['TCPIP::scope::0::SOCKET', /"0" where a port from 1 to 65535/],
    ['TCPIP::scope::65536::SOCKET', /"65536" where a port/],
    ['TCPIP::scope::SOCKET', /no TCPIP::host::port::SOCKET/],
    ['TCPIP::::5025::SOCKET', /"" where a host should be/],
    ['TCPIP::fe80::1::5025::SOCKET', /no TCPIP::host::port::SOCKET/],
    ['TCPIP::[fe80::zz]::5025::SOCKET', /no IPv6 address/],
    ['TCPIP::a b::5025::SOCKET', /"a b" where a host should be/],
    ['TCPIP::scope::hislip0,x::INSTR', /"x" where a port/],
    ['TCPIP::scope::hislip0::4880::INSTR', /no TCPIP::host::device name::INSTR/],
    ['TCPIPx::scope::INSTR', /"x" where a board number/],
    ['ASRL::INSTR', /no ASRL<device>::INSTR/],
    ['ASRL0::INSTR', /the first is 1/],
    ['USB::1::2::INSTR', /no USB::vendor/],
    ['', /no VISA resource name/],
  ])('%s is refused, and what is wrong with it said', (name, reason) => {
    expect(() => parseResource(name)).toThrow(reason)
    expect(resourceName.safeParse(name).success).toBe(false)
  })

  it('is given back by the configuration in its canonical form', () => {
    expect(resourceName.parse('tcpip::Scope::5025::socket')).toBe('TCPIP0::scope::5025::SOCKET')
  })

  it('of a USB instrument is understood, and refused in words', () => {
    const name = 'USB::0x1AB1::0x0588::DS1::INSTR'
    expect(resourceName.safeParse(name).error?.message).toMatch(/USB instruments are not spoken to yet/)
    expect(() => openResource(name)).toThrow(/USB instruments are not spoken to yet/)
  })
})
