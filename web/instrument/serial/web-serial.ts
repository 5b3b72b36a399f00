import type { WebSerialOptions } from '../../../shared/instrument/web-serial.ts'

/** A serial port as the Web Serial API has it (WICG Serial, section 4), as far as it is used here. */
export interface LocalPort {
  open(options: WebSerialOptions): Promise<void>
  close(): Promise<void>
  readonly readable: ReadableStream<Uint8Array> | null
  readonly writable: WritableStream<Uint8Array> | null
}

interface LocalSerial {
  requestPort(): Promise<LocalPort>
}

/** Why this browser cannot lend a port; undefined when it can. */
export function whyNoSerial(): string | undefined {
  if (!window.isSecureContext)
    return 'A browser opens serial ports only on pages that came over HTTPS or from localhost.'
  if ('serial' in navigator || 'usb' in navigator) return undefined
  return 'This browser has no serial ports: use Chrome, Edge or Opera on a computer, or Chrome on Android.'
}

/** Lets the person choose a port of this machine. Rejects when they choose none. */
export async function choosePort(): Promise<LocalPort> {
  if ('serial' in navigator) return (navigator.serial as LocalSerial).requestPort()
  // Android has USB only: the polyfill speaks to a converter's own protocol.
  const { serial } = await import('web-serial-polyfill')
  return (serial as unknown as LocalSerial).requestPort()
}
