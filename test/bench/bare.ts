import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** The yardstick: a socket of Node's own with nothing around it. */
export async function bareSocket(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  return socket
}

/** Sends a query and resolves when `bytes` have come, or, without a number, when a line end has. */
export function bareExchange(socket: Socket, text: string, bytes?: number): Promise<void> {
  return new Promise((resolve) => {
    let received = 0
    const onData = (data: Buffer): void => {
      received += data.length
      const whole = bytes === undefined ? data[data.length - 1] === 0x0a : received >= bytes
      if (!whole) return
      socket.off('data', onData)
      resolve()
    }
    socket.on('data', onData)
    socket.write(`${text}\n`)
  })
}

/** Ends it and gives the instrument, which takes one connection at a time, a moment to notice. */
export async function endBare(socket: Socket): Promise<void> {
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
}
