import { bareExchange, bareSocket } from './bare.ts'

const QUERY = ':CTP:SENS4:CHAN1:POW?'

/** What the script is told, and what it says: queries a second over so many ms on that port. */
export type ToScript = { port: number; ms: number }
export type FromScript = { perSecond: number }

// A script in a process of its own, as it would be: a socket with nothing around it, one query after the other.
process.on('message', ({ port, ms }: ToScript) => {
  void run(port, ms).then((perSecond) => process.send?.({ perSecond } satisfies FromScript))
})

async function run(port: number, ms: number): Promise<number> {
  const socket = await bareSocket(port)
  const begun = performance.now()
  let queries = 0
  while (performance.now() - begun < ms) {
    await bareExchange(socket, QUERY)
    queries += 1
  }
  const perSecond = (queries / (performance.now() - begun)) * 1000
  socket.destroy()
  return perSecond
}
