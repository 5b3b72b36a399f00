import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { Instrument } from '../../simulators/ctp10/instrument.ts'
import { serve } from '../../simulators/ctp10/server.ts'

/** A CTP10's stop, as it stands on the wire. */
const STOP = ':ABOR'

/** What this program says to the one that forked it. */
export type FromWires = { ports: number[] } | { device: number; atNs: bigint }

/**
 * A program of its own: as many simulated CTP10s as it is told, each behind a tap that tells when a stop has come over
 * its wire, by the clock that all processes of a machine share (CLOCK_MONOTONIC).
 */
const devices = Number(process.argv[2])
const rate = Number(process.argv[3])
const ports = await Promise.all(Array.from({ length: devices }, (_, device) => tapped(device)))
tell({ ports })
process.once('disconnect', () => process.exit())

async function tapped(device: number): Promise<number> {
  const instrument = new Instrument({ modules: 1, seed: device, speedUp: 1000, rate, swept: true })
  const { port, host } = await serve(instrument, { host: '127.0.0.1', port: 0 })
  const tap = createServer((socket) => {
    const upstream = connect(port, host)
    for (const end of [socket, upstream]) {
      end.setNoDelay(true)
      end.on('error', () => end.destroy())
    }
    socket.on('data', (bytes) => {
      const atNs = process.hrtime.bigint()
      if (bytes.includes(STOP)) tell({ device, atNs })
    })
    socket.pipe(upstream).pipe(socket)
  })
  tap.listen(0, '127.0.0.1')
  await once(tap, 'listening')
  return (tap.address() as AddressInfo).port
}

function tell(message: FromWires): void {
  process.send?.(message)
}
