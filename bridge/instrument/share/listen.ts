import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { BenchError } from '../../../shared/wire/errors.ts'
import { guarded } from '../../core/guarded.ts'
import type { Logger } from '../../core/log.ts'
import type { Admission, Admitted } from './admission.ts'

/** Programs that may be connected to one port at a time. */
const MOST_CONNECTIONS = 64
/** How long nothing comes until a program's machine is asked whether it is still there: its light must not wait for long. */
const KEEP_ALIVE_MS = 1000
/** Of those who may not connect, the log has one line in this time. */
const SAY_EVERY_MS = 10_000

/** A port that listens until it is disposed of. */
export interface Listening extends AsyncDisposable {
  host: string
  port: number
}

/** Listens for the programs that are admitted. Throws `config.invalid` when the port is not to be had. */
export async function listenFor(
  admission: Admission,
  port: number,
  log: Logger,
  serve: (socket: Socket, admitted: Admitted) => void,
): Promise<Listening> {
  const sockets = new Set<Socket>()
  let saidAt = -Infinity
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
  const accept = (socket: Socket): void => {
    const { remoteAddress = '', remotePort = 0 } = socket
    const admitted = admission.admit(remoteAddress, remotePort)
    if (!admitted || sockets.size >= MOST_CONNECTIONS) {
      socket.destroy()
      if (performance.now() - saidAt < SAY_EVERY_MS) return
      saidAt = performance.now()
      const why = admitted ? `${MOST_CONNECTIONS} are connected already` : 'it is not on the list of clients'
      log.warn({ from: remoteAddress, port, why }, 'a program was turned away from a shared instrument')
      return
    }
    sockets.add(socket)
    // A program that is gone is no fault of ours; 'close' follows in any case.
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    serve(socket, admitted)
  }
  server.on(
    'connection',
    guarded(log, 'a program’s connection', accept, (socket) => socket.destroy()),
  )
  server.listen(port, admission.host)
  await once(server, 'listening').catch((cause: unknown) => {
    const message = `cannot listen on port ${port} for a shared instrument (${String(cause)}): choose another for it`
    throw new BenchError('config.invalid', message, { cause })
  })
  // One connection that could not be taken, for want of file descriptors for one, is no reason to end the bridge.
  server.on('error', (error) => log.error({ error, port }, 'a shared port could not take a connection'))
  const { address, port: taken } = server.address() as AddressInfo
  return {
    host: address,
    port: taken,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
