import { connect, type Socket } from 'node:net'
import type { Instrument } from '../ctp10/instrument.ts'
import { Exchange } from '../ieee488/exchange.ts'
import { Lock } from '../ieee488/lock.ts'

import { WireFaults } from './faults.ts'
import { Link } from './link.ts'
import { errors, flags, programs, reasons, version } from './numbers.ts'
import { marked, type Program, serveProgram } from './rpc-server.ts'
import { pack, type Unpack } from './xdr.ts'

const PORTMAPPER = { program: 100000, version: 2 } as const
const GETPORT = 3
const DEVICE_ABORT = 1
const DEVICE_INTR_SRQ = 30
const RPC_VERSION = 2
const MOST_RECEIVED_BYTES = 16 * 1024
const MOST_LINKS = 32
const DEVICE = 'inst0'

/** The simulated instrument's three programs and its own portmapper. */
export async function serve(
  instrument: Instrument,
  ports: { host: string; portmapper: number; core: number },
): Promise<AsyncDisposable & { said: object }> {
  const { host } = ports
  const faults = new WireFaults()
  const never = new WireFaults()
  const exchange = new Exchange(instrument, faults.commands)
  const lock = new Lock<Link>()
  const links = new Map<number, Link>()
  let lastLink = 0

  const abort = await serveProgram(
    { host, port: 0, program: programs.async, version },
    () => ({
      procedures: {
        [DEVICE_ABORT]: (args) => {
          const link = links.get(args.number())
          link?.abort()
          return pack(link ? errors.none : errors.invalidLink)
        },
      },
    }),
    never,
  )
  const core = await serveProgram(
    { host, port: ports.core, program: programs.core, version },
    (socket) => connection(socket),
    faults,
  )
  const portmapper = await serveProgram(
    { host, port: ports.portmapper, ...PORTMAPPER },
    () => ({
      procedures: { [GETPORT]: (args) => pack(args.number() === programs.core ? core.port : 0) },
    }),
    never,
  )

  /** One client's core channel: its links, and its interrupt channel. */
  function connection(socket: Socket): Program {
    const own = new Set<number>()
    let interrupts: Socket | undefined
    const handles = new Map<Link, Buffer>()

    const request = (link: Link): void => {
      const handle = handles.get(link)
      if (!handle) return
      const call = pack(1, 0, RPC_VERSION, programs.interrupt, version, DEVICE_INTR_SRQ, 0, 0, 0, 0, handle)
      interrupts?.write(marked(call, true))
    }
    const release = (id: number): number => {
      const link = links.get(id)
      if (!link || !own.delete(id)) return errors.invalidLink
      links.delete(id)
      lock.release(link)
      link[Symbol.dispose]()
      return errors.none
    }
    /** The link that a call names, if it may be used now. */
    const using = async (
      args: Unpack,
      then: (link: Link) => Buffer | Promise<Buffer>,
      refused: (error: number) => Buffer = (error) => pack(error),
    ): Promise<Buffer> => {
      const link = links.get(args.number())
      if (!link) return refused(errors.invalidLink)
      return lock.allows(link) ? then(link) : refused(errors.locked)
    }
    const plain = (act: (link: Link) => void) => (args: Unpack) =>
      using(args, (link) => {
        act(link)
        return pack(errors.none)
      })

    return {
      end: () => {
        for (const id of [...own]) release(id)
        interrupts?.destroy()
      },
      procedures: {
        10: (args) => {
          args.number()
          args.number()
          args.number()
          if (args.bytes().toString('latin1') !== DEVICE || links.size >= MOST_LINKS)
            return pack(errors.notAccessible, 0, 0, 0)
          const id = ++lastLink
          const link: Link = new Link(
            exchange,
            () => request(link),
            () => socket.destroy(),
          )
          links.set(id, link)
          own.add(id)
          return pack(errors.none, id, abort.port, MOST_RECEIVED_BYTES)
        },
        11: (args) =>
          using(
            args,
            (link) => {
              args.number()
              args.number()
              const end = (args.number() & flags.end) !== 0
              const data = args.bytes()
              if (data.length > MOST_RECEIVED_BYTES) return pack(errors.parameter, 0)
              link.write(data, end)
              return pack(errors.none, data.length)
            },
            (error) => pack(error, 0),
          ),
        12: (args) =>
          using(
            args,
            async (link) => {
              const { error, data, end } = await link.read(args.number(), args.number())
              if (data.length > 0) faults.meetRead()
              return pack(error, end ? reasons.end : data.length > 0 ? reasons.count : 0, data)
            },
            (error) => pack(error, 0, Buffer.alloc(0)),
          ),
        13: (args) =>
          using(
            args,
            (link) => pack(errors.none, link.service.poll()),
            (error) => pack(error, 0),
          ),
        14: plain((link) => link.write(Buffer.from(':INIT:IMM\n'), true)),
        15: plain((link) => link.clear()),
        16: plain(() => {}),
        17: plain(() => {}),
        18: async (args) => {
          const link = links.get(args.number())
          if (!link) return pack(errors.invalidLink)
          const wait = (args.number() & flags.waitLock) !== 0 ? args.number() : 0
          return pack((await lock.take(link, wait)) ? errors.none : errors.locked)
        },
        19: (args) => {
          const link = links.get(args.number())
          if (!link) return pack(errors.invalidLink)
          return pack(lock.release(link) ? errors.none : errors.noLock)
        },
        20: (args) => {
          const link = links.get(args.number())
          if (!link) return pack(errors.invalidLink)
          if (args.number() === 0) handles.delete(link)
          else handles.set(link, Buffer.from(args.bytes()))
          return pack(errors.none)
        },
        23: (args) => pack(release(args.number())),
        25: (args) => {
          if (interrupts) return pack(errors.channelExists)
          const [address, port] = [args.number(), args.number()]
          const to = [24, 16, 8, 0].map((bits) => (address >>> bits) & 255).join('.')
          interrupts = connect(port, to)
          interrupts.on('error', () => undefined).resume()
          return pack(errors.none)
        },
        26: () => {
          if (!interrupts) return pack(errors.noChannel)
          interrupts.destroy()
          interrupts = undefined
          return pack(errors.none)
        },
      },
    }
  }

  return {
    said: { host: core.host, portmapper: portmapper.port, core: core.port, abort: abort.port },
    async [Symbol.asyncDispose]() {
      await Promise.all([portmapper, core, abort].map((server) => server[Symbol.asyncDispose]()))
    },
  }
}
