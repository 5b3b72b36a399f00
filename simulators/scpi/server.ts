import { Lines } from '../ctp10/lines.ts'
import { listen, type Listening } from '../listen.ts'
import type { Laser } from './laser.ts'

/** Serves the laser to any number of clients; port 0 takes any that is free. */
export function serve(laser: Laser, { host, port }: { host: string; port: number }): Promise<Listening> {
  return listen(host, port, (socket) => {
    const lines = new Lines(() => laser.overrun())
    socket.on('data', (chunk) => {
      for (const line of lines.push(chunk)) {
        const answer = laser.run(line)
        if (answer) socket.write(answer)
      }
    })
  })
}
