import { z } from 'zod'
import { BenchError } from '../../shared/wire/errors.ts'
import { browserTransport } from './browser.ts'
import { hislipTransport } from './hislip/transport.ts'
import { serialOptions, serialTransport } from './serial.ts'
import { tcpTransport } from './tcp.ts'
import { canonicalName, parseResource } from './resource-name.ts'
import type { OpenTransport } from './transport.ts'
import { vxi11Transport } from './vxi11/transport.ts'

const port = z.number().int().min(1).max(65_535)

/** What a resource name does not say of its wire. */
export const wireOptions = z
  .strictObject({
    serial: serialOptions.prefault({}).describe('how the serial line is set'),
    hislip: z
      .strictObject({
        mode: z
          .enum(['synchronized', 'overlap'])
          .optional()
          .describe(
            'whether a message interrupts the answer before it; the instrument chooses when left out',
          ),
      })
      .prefault({}),
    vxi11: z
      .strictObject({
        portmapperPort: port.optional().describe('where the portmapper is, if not at 111'),
        corePort: port.optional().describe('where the instrument itself is, for one without a portmapper'),
      })
      .prefault({}),
  })
  .prefault({})
  .describe('settings of the wire that the resource name does not hold')
export type WireOptions = z.infer<typeof wireOptions>

/** A VISA resource name that this bridge can open (VPP-4.3 section 4.3.1), in its canonical form. */
export const resourceName = z
  .string()
  .transform((name, context) => {
    try {
      const resource = parseResource(name)
      if (resource.wire !== 'usb') return canonicalName(resource)
      context.addIssue('USB instruments are not spoken to yet: use the instrument’s LAN or serial port')
    } catch (error) {
      context.addIssue(error instanceof BenchError ? error.message : String(error))
    }
    return z.NEVER
  })
  .describe('the VISA resource name, e.g. TCPIP::192.168.1.20::5025::SOCKET')

/** How to open the connection that a resource name leads to; `atOnce` for what cannot wait until a serial line is quiet. Throws `config.invalid` for what is no resource name and `device.unsupported` for a USB one. */
export function openResource(
  name: string,
  options: WireOptions = wireOptions.parse(undefined),
  { atOnce = false }: { atOnce?: boolean } = {},
): OpenTransport {
  const resource = parseResource(name)
  switch (resource.wire) {
    case 'socket':
      return tcpTransport(resource.host, resource.port)
    case 'hislip':
      return hislipTransport(resource.host, resource.port, resource.device, options.hislip)
    case 'vxi11':
      return vxi11Transport(resource.host, resource.device, options.vxi11)
    case 'serial':
      return serialTransport(resource.path, options.serial, atOnce)
    case 'browser':
      return browserTransport(resource.port, options.serial)
    case 'usb':
      throw new BenchError('device.unsupported', `${name}: USB instruments are not spoken to yet`)
  }
}
