import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Logger } from '../../../core/log.ts'
import {
  ASYNC,
  CORE,
  CORE_PROCEDURE as Core,
  DEVICE_ABORT,
  FLAG,
  VXI11_ERROR as Failure,
} from '../../../transport/vxi11/core.ts'
import { GETPORT, IPPROTO_TCP, PORTMAPPER } from '../../../transport/vxi11/portmapper.ts'
import { type XdrReader, XdrWriter } from '../../../transport/vxi11/xdr.ts'
import type { Admission, Admitted } from '../admission.ts'
import type { Desk } from '../desk.ts'
import type { Guest } from '../guest.ts'
import { type Listening, listenFor } from '../listen.ts'
import { Vxi11Guest } from './guest.ts'
import { type Answer, type RpcProgram, serveRpc } from './rpc-server.ts'

const DEVICE = 'inst0'
const MOST_NAME_BYTES = 64
/** What is taken in one device_write. */
const MOST_WRITE_BYTES = 64 * 1024
const MOST_CALL_BYTES = MOST_WRITE_BYTES + 1024
const MOST_LOCK_WAIT_MS = 300_000
const MAV = 16
const ERRORS = 4

interface Reception {
  desk: Desk
  join: (guest: Guest) => void
  /** All links, for the abort channel; by random numbers, so that nobody aborts another's by accident. */
  links: Map<number, Vxi11Guest>
  abortPort: () => number
}

/**
 * Plays a VXI-11 instrument (revision 1.0): the core channel, the abort channel, and the portmapper (RFC 1833) that
 * says where they are. Rejects with `config.invalid` when the portmapper's port is not to be had.
 */
export async function listenForVxi11(
  admission: Admission,
  portmapperPort: number,
  log: Logger,
  desk: Desk,
  join: (guest: Guest) => void,
): Promise<Listening> {
  const links = new Map<number, Vxi11Guest>()
  const listen = (port: number, program: (socket: Socket, admitted: Admitted) => RpcProgram) =>
    listenFor(admission, port, log, (socket, admitted) =>
      serveRpc(socket, program(socket, admitted), MOST_CALL_BYTES),
    )
  await using opened = new AsyncDisposableStack()
  const abort = opened.use(await listen(0, () => ({ ...ASYNC, procedures: abortProcedures(links) })))
  const reception = { desk, join, links, abortPort: () => abort.port }
  const core = opened.use(
    await listen(0, (socket, admitted) => ({
      ...CORE,
      procedures: coreProcedures(socket, admitted, reception),
    })),
  )
  const getPort: Answer = (args) => {
    const [program, version, protocol] = [args.uint(), args.uint(), args.uint()]
    const known = program === CORE.program && version === CORE.version && protocol === IPPROTO_TCP
    return new XdrWriter().uint(known ? core.port : 0)
  }
  const { host, port } = opened.use(
    await listen(portmapperPort, () => ({ ...PORTMAPPER, procedures: { [GETPORT]: getPort } })),
  )
  const all = opened.move()
  return { host, port, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

function abortProcedures(links: Reception['links']): RpcProgram['procedures'] {
  return {
    [DEVICE_ABORT]: (args) => {
      const link = links.get(args.uint())
      link?.abort()
      return said(link ? Failure.none : Failure.invalidLink)
    },
  }
}

/** What one connection can call (VXI-11 section B.6). It has one link at a time, as every client makes it. */
function coreProcedures(
  socket: Socket,
  admitted: Admitted,
  { desk, join, links, abortPort }: Reception,
): RpcProgram['procedures'] {
  let guest: Vxi11Guest | undefined
  const leave = (): void => {
    if (guest) links.delete(guest.link)
    guest?.leave()
    guest = undefined
  }
  socket.once('close', leave)

  const lock = (by: Vxi11Guest, flags: number, waitMs: number): Promise<boolean> =>
    desk.lock(by, flags & FLAG.waitLock ? Math.min(waitMs, MOST_LOCK_WAIT_MS) : 0)
  /** Where the client does not want to wait for another's lock it is told; else its messages wait for it. */
  const locked = (by: Vxi11Guest, flags: number): boolean =>
    (flags & FLAG.waitLock) === 0 && desk.locked() && !desk.holds(by)
  /** A call by the link that it names; `blank` is behind the error where there are results as well. */
  const on =
    (act: (by: Vxi11Guest, args: XdrReader) => XdrWriter | Promise<XdrWriter>, blank = nothing): Answer =>
    (args) =>
      args.uint() === guest?.link && guest ? act(guest, args) : blank(said(Failure.invalidLink))
  const unsupported: Answer = () => said(Failure.unsupported)

  return {
    [Core.create_link]: async (args) => {
      const [, locks, waitMs] = [args.uint(), args.uint() === 1, args.uint()]
      const device = args.opaque(MOST_NAME_BYTES).toString('latin1').toLowerCase()
      const failed = (error: number): XdrWriter => said(error).uint(0).uint(0).uint(0)
      if (device !== DEVICE) return failed(Failure.notAccessible)
      if (guest) return failed(Failure.noLinks)
      guest = new Vxi11Guest(socket, admitted, randomInt(1, 2 ** 31))
      links.set(guest.link, guest)
      join(guest)
      const { link } = guest
      if (locks && !(await lock(guest, FLAG.waitLock, waitMs))) {
        leave()
        return failed(Failure.locked)
      }
      return said(Failure.none).uint(link).uint(abortPort()).uint(MOST_WRITE_BYTES)
    },
    [Core.device_write]: on((by, args) => {
      const [, , flags, data] = [args.uint(), args.uint(), args.uint(), args.opaque(MOST_WRITE_BYTES)]
      if (locked(by, flags)) return said(Failure.locked).uint(0)
      if (!by.write(data, (flags & FLAG.end) !== 0)) return said(Failure.noLinks).uint(0)
      return said(Failure.none).uint(data.length)
    }, number),
    [Core.device_read]: on(
      async (by, args) => {
        const [most, ms, , flags, terminator] = [
          args.uint(),
          args.uint(),
          args.uint(),
          args.uint(),
          args.uint(),
        ]
        const { error, reason, data } = await by.read(
          most,
          ms,
          flags & FLAG.terminator ? terminator : undefined,
        )
        return said(error).uint(reason).opaque(data)
      },
      (error) => error.uint(0).opaque(''),
    ),
    [Core.device_readstb]: on(async (by) => {
      const own = (by.available ? MAV : 0) | (by.hasErrors ? ERRORS : 0)
      return said(Failure.none).uint(((await desk.statusByte(by)) & ~MAV) | own)
    }, number),
    [Core.device_trigger]: on((by, args) => {
      if (locked(by, args.uint())) return said(Failure.locked)
      by.trigger()
      return said(Failure.none)
    }),
    [Core.device_clear]: on((by) => {
      by.clearDevice()
      return said(Failure.none)
    }),
    // The front panel stays as it is: others use the instrument too.
    [Core.device_remote]: on(() => said(Failure.none)),
    [Core.device_local]: on(() => said(Failure.none)),
    [Core.device_lock]: on(async (by, args) => {
      const granted = await lock(by, args.uint(), args.uint())
      return said(granted ? Failure.none : Failure.locked)
    }),
    [Core.device_unlock]: on((by) => said(desk.unlock(by) ? Failure.none : Failure.noLock)),
    [Core.device_enable_srq]: unsupported,
    [Core.device_docmd]: () => said(Failure.unsupported).opaque(''),
    [Core.create_intr_chan]: unsupported,
    [Core.destroy_intr_chan]: unsupported,
    [Core.destroy_link]: on(() => {
      leave()
      return said(Failure.none)
    }),
  }
}

function said(error: number): XdrWriter {
  return new XdrWriter().uint(error)
}

function nothing(error: XdrWriter): XdrWriter {
  return error
}

function number(error: XdrWriter): XdrWriter {
  return error.uint(0)
}
