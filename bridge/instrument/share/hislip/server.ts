import type { Socket } from 'node:net'
import type { Logger } from '../../../core/log.ts'
import { MessageType } from '../../../transport/hislip/message.ts'
import type { Admitted } from '../admission.ts'
import type { Desk } from '../desk.ts'
import type { Guest } from '../guest.ts'
import { Fatal, ServerChannel } from './channel.ts'
import { HislipGuest } from './guest.ts'

const VERSION = 0x0200
const VENDOR = 0x4c42 // LB
const SUB_ADDRESSES = ['', 'hislip0']
/** Sessions whose second channel has not come yet, and how long it may take. */
const MOST_HALF = 16
const SECOND_CHANNEL_MS = 5000

/** Puts HiSLIP clients' two connections together (IVI-6.1 section 6.1). Give `accept` each connection. */
export function hislipReception(
  desk: Desk,
  join: (guest: Guest) => void,
  log: Logger,
): (socket: Socket, admitted: Admitted) => void {
  const half = new Map<number, { sync: ServerChannel; who: string }>()
  let last = 0

  const begin = (channel: ServerChannel, subAddress: string): void => {
    if (!SUB_ADDRESSES.includes(subAddress.toLowerCase())) {
      channel.fatal(Fatal.initialization, `no ${subAddress.slice(0, 40)} here, only hislip0`)
      return
    }
    if (half.size >= MOST_HALF) {
      channel.fatal(Fatal.clients, 'too many clients are connecting')
      return
    }
    do last = (last + 1) & 0xffff
    while (half.has(last))
    const session = last
    half.set(session, { sync: channel, who: channel.socket.remoteAddress ?? '' })
    channel.socket.once('close', () => {
      if (half.get(session)?.sync === channel) half.delete(session)
    })
    channel.hear = () => channel.fatal(Fatal.channels, 'the asynchronous channel is not there yet')
    channel.send(MessageType.InitializeResponse, 0, VERSION * 0x10000 + session)
  }

  const complete = (channel: ServerChannel, session: number, admitted: Admitted): boolean => {
    const first = half.get(session)
    if (!first || first.who !== (channel.socket.remoteAddress ?? '')) return false
    half.delete(session)
    clearTimeout(waiting.get(first.sync))
    join(new HislipGuest(first.sync, channel, admitted, desk))
    channel.send(MessageType.AsyncInitializeResponse, 0, VENDOR)
    return true
  }

  const waiting = new WeakMap<ServerChannel, NodeJS.Timeout>()
  return (socket, admitted) => {
    const channel = new ServerChannel(socket, log)
    const late = setTimeout(
      () => channel.fatal(Fatal.channels, 'the session was not begun in time'),
      SECOND_CHANNEL_MS,
    )
    waiting.set(channel, late)
    socket.once('close', () => clearTimeout(late))
    channel.hear = ({ type, parameter }, payload) => {
      if (type === MessageType.Initialize) begin(channel, payload.toString('latin1'))
      else if (type === MessageType.AsyncInitialize && complete(channel, parameter, admitted))
        clearTimeout(late)
      else channel.fatal(Fatal.initialization, 'neither a new session nor the other half of one')
    }
  }
}
