import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

// The way to an instrument and its own thinking: each answer of the simulators at the given ports comes so many ms later.
// With 0 it is what a forwarder between two sockets costs, and nothing else.
const [ms = 0, ...ports] = process.argv.slice(2).map(Number)

const listening = await Promise.all(
  ports.map(async (port) => {
    const server = createServer({ noDelay: true }, (socket) => {
      const instrument = connect({ host: '127.0.0.1', port, noDelay: true })
      socket.on('data', (bytes) => instrument.write(bytes))
      instrument.on('data', (bytes) => {
        if (ms > 0) setTimeout(() => socket.write(bytes), ms)
        else socket.write(bytes)
      })
      for (const [end, far] of [
        [socket, instrument],
        [instrument, socket],
      ] as const) {
        end.on('error', () => {})
        end.once('close', () => far.destroy())
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }),
)
process.send?.({ ports: listening })
process.once('disconnect', () => process.exit())
