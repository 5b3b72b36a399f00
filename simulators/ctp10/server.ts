import { listen, type Listening, oneAtATime } from '../listen.ts'
import { Connection } from './connection.ts'
import type { Instrument } from './instrument.ts'

/** Listens for the one client that the instrument serves at a time; port 0 takes any that is free. */
export function serve(
  instrument: Instrument,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  return listen(
    host,
    port,
    oneAtATime((socket) => void new Connection(socket, instrument)),
  )
}
