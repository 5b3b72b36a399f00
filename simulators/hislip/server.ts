import type { Instrument } from '../ctp10/instrument.ts'
import { Exchange } from '../ieee488/exchange.ts'
import { listen, type Listening } from '../listen.ts'
import { Lock } from '../ieee488/lock.ts'

import { WireFaults } from './faults.ts'
import { Session } from './session.ts'
import { FatalError, Message, MessageSocket, type Received } from './wire.ts'

const VERSION = 0x0200
const VENDOR = 0x5349 // SI
const MOST_SESSIONS = 32
const SUB_ADDRESS = 'hislip0'

/** Has a channel's messages from now on go elsewhere. */
type Go = (hear: (message: Received) => void) => void

/** Listens for HiSLIP clients of the one instrument (IVI-6.1 section 6.1). `overlap`: the mode that it prefers. */
export function serve(
  instrument: Instrument,
  { host, port, overlap }: { host: string; port: number; overlap: boolean },
): Promise<Listening> {
  const faults = new WireFaults()
  const device = { exchange: new Exchange(instrument, faults.commands), lock: new Lock<Session>(), faults }
  const half = new Map<number, { sync: MessageSocket; go: Go }>()
  let lastSession = 0

  /** The first message says which channel of which session this is. */
  const begin = (channel: MessageSocket, message: Received, go: Go): void => {
    if (message.type === Message.Initialize && half.size < MOST_SESSIONS) {
      const subAddress = message.payload.toString('latin1').toLowerCase()
      if (subAddress !== SUB_ADDRESS && subAddress !== '') {
        channel.fatal(FatalError.initialization, `no ${subAddress} here`)
        return
      }
      const session = (lastSession = (lastSession + 1) & 0xffff)
      half.set(session, { sync: channel, go })
      channel.socket.once('close', () => half.delete(session))
      go(() => channel.fatal(FatalError.channels, 'the asynchronous channel is not there yet'))
      channel.send(Message.InitializeResponse, overlap ? 1 : 0, VERSION * 0x10000 + session)
      return
    }
    const first = message.type === Message.AsyncInitialize ? half.get(message.parameter) : undefined
    if (!first) {
      channel.fatal(FatalError.initialization, 'neither a new session nor the other half of one')
      return
    }
    half.delete(message.parameter)
    const session = new Session({ sync: first.sync, async: channel }, device, overlap)
    first.go((next) => session.hearSync(next))
    go((next) => session.hearAsync(next))
    channel.send(Message.AsyncInitializeResponse, 0, VENDOR)
  }

  return listen(host, port, (socket) => {
    const messages = new MessageSocket(socket)
    let hear = (message: Received): void => begin(messages, message, (next) => (hear = next))
    messages.listen((message) => hear(message))
  })
}
