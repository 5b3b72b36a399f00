import { BenchError } from '../../../shared/wire/errors.ts'
import { RpcClient } from './rpc-client.ts'
import { type XdrReader, XdrWriter } from './xdr.ts'

/** VXI-11 revision 1.0 section C: programs, procedures, flags, reasons and errors. */
export const CORE = { program: 0x0607af, version: 1 } as const
export const ASYNC = { program: 0x0607b0, version: 1 } as const
export const INTERRUPT = { program: 0x0607b1, version: 1 } as const
export const CORE_PROCEDURE = {
  create_link: 10,
  device_write: 11,
  device_read: 12,
  device_readstb: 13,
  device_trigger: 14,
  device_clear: 15,
  device_remote: 16,
  device_local: 17,
  device_lock: 18,
  device_unlock: 19,
  device_enable_srq: 20,
  device_docmd: 22,
  destroy_link: 23,
  create_intr_chan: 25,
  destroy_intr_chan: 26,
} as const
export const DEVICE_ABORT = 1
const DEVICE_TCP = 0
export const FLAG = { waitLock: 1, end: 8, terminator: 128 } as const
export const REASON = { count: 1, terminator: 2, end: 4 } as const
export const VXI11_ERROR = {
  none: 0,
  notAccessible: 3,
  invalidLink: 4,
  unsupported: 8,
  noLinks: 9,
  locked: 11,
  noLock: 12,
  timeout: 15,
  aborted: 23,
} as const
const errors: Record<number, string> = {
  1: 'a syntax error',
  3: 'that there is no such device',
  4: 'that the link is not known',
  5: 'a wrong parameter',
  6: 'that the channel is not there',
  8: 'that it cannot do that',
  9: 'that it has no link left for one more client',
  11: 'that another client has locked it: ask for the lock to be let go',
  12: 'that it is not locked by this connection',
  15: 'that its time was over',
  17: 'an input/output error',
  21: 'an invalid address',
  23: 'that the call was aborted',
  29: 'that the channel is there already',
}

/** What a call may take beyond the time that the instrument itself is given. */
const REPLY_MS = 3000
const IO_MS = 3000
/** How much is asked for at once: an abort gets between two of these. */
const READ_BYTES = 256 * 1024
/** A read's reply apart from its data: far less than this. */
const HEAD_BYTES = 1024
/** Instruments take at least this much in one piece (VXI-11 section B.6.3). */
const LEAST_WRITE_BYTES = 1024

/** An error that the instrument answered a call with. */
export class Vxi11Error extends BenchError {
  readonly number: number

  constructor(peer: string, what: string, number: number) {
    const code =
      number === VXI11_ERROR.locked
        ? 'device.busy'
        : number === VXI11_ERROR.timeout
          ? 'device.timeout'
          : number === VXI11_ERROR.aborted
            ? 'aborted'
            : 'device.unsupported'
    super(code, `${peer} answered ${errors[number] ?? `error ${number}`} to ${what}`)
    this.number = number
  }
}

/** A link to one device over the core channel (VXI-11 section B.6). Calls are served one after the other. */
export class CoreLink {
  readonly #client: RpcClient
  readonly #link: number
  readonly #writeBytes: number
  /** Where the abort channel is. */
  readonly abortPort: number

  private constructor(client: RpcClient, link: { id: number; abortPort: number; writeBytes: number }) {
    this.#client = client
    this.#link = link.id
    this.abortPort = link.abortPort
    this.#writeBytes = Math.max(link.writeBytes, LEAST_WRITE_BYTES)
  }

  /** Connects and makes a link. Rejects as `RpcClient`, and with what the instrument says. */
  static async open(
    host: string,
    port: number,
    device: string,
    signal: AbortSignal,
    closed: (error: BenchError) => void,
  ): Promise<CoreLink> {
    const at = { host, port, ...CORE, mostReplyBytes: READ_BYTES + HEAD_BYTES }
    const client = await RpcClient.open(at, signal, closed)
    try {
      const link = await client.call(CORE_PROCEDURE.create_link, 'create_link', {
        args: new XdrWriter().uint(process.pid).bool(false).uint(0).opaque(device),
        ms: REPLY_MS,
        signal,
        results: (results) => {
          const error = results.int()
          const [id, abortPort, writeBytes] = [results.uint(), results.uint(), results.uint()]
          return { error, id, abortPort, writeBytes }
        },
      })
      if (link.error !== 0) throw new Vxi11Error(client.peer, `create_link for "${device}"`, link.error)
      return new CoreLink(client, link)
    } catch (error) {
      client.close()
      throw error
    }
  }

  get peer(): string {
    return this.#client.peer
  }

  get localAddress(): string {
    return this.#client.localAddress
  }

  /** Opens the abort channel (VXI-11 section B.7) and ends the call that the link is busy with. */
  async abort(host: string, signal: AbortSignal): Promise<void> {
    const client = await RpcClient.open({ host, port: this.abortPort, ...ASYNC }, signal)
    try {
      const args = new XdrWriter().uint(this.#link)
      const results = (from: XdrReader): number => from.int()
      const error = await client.call(DEVICE_ABORT, 'device_abort', { args, ms: REPLY_MS, signal, results })
      if (error !== 0) throw new Vxi11Error(client.peer, 'device_abort', error)
    } finally {
      client.close()
    }
  }

  /** Sends a whole message, in as many pieces as the instrument wants it. */
  async write(bytes: Buffer, signal: AbortSignal): Promise<void> {
    let at = 0
    do {
      const piece = bytes.subarray(at, at + this.#writeBytes)
      const args = new XdrWriter().uint(this.#link).uint(IO_MS).uint(0)
      args.uint(at + piece.length === bytes.length ? FLAG.end : 0).opaque(piece)
      const { error, size } = await this.#client.call(CORE_PROCEDURE.device_write, 'device_write', {
        args,
        ms: IO_MS + REPLY_MS,
        signal,
        results: (results) => ({ error: results.int(), size: results.uint() }),
      })
      if (error !== 0) throw new Vxi11Error(this.peer, 'device_write', error)
      if (size === 0 && piece.length > 0)
        throw new BenchError('connection.lost', `${this.peer} takes nothing of what is sent`)
      at += Math.min(size, piece.length)
    } while (at < bytes.length)
  }

  /**
   * Gives `take` what the instrument says within `waitMs`: a view that holds until it returns, and whether END came with it.
   * 'done' once its END was read, 'more' when there is more to come, 'nothing' when it said nothing without waiting.
   */
  async read(
    take: (data: Buffer, end: boolean) => void,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<'done' | 'more' | 'nothing'> {
    const args = new XdrWriter().uint(this.#link).uint(READ_BYTES).uint(waitMs).uint(0).uint(0).uint(0)
    const { error, end, bytes } = await this.#client.call(CORE_PROCEDURE.device_read, 'device_read', {
      args,
      ms: waitMs + REPLY_MS,
      signal,
      results: (results) => {
        const [error, reason, data] = [results.int(), results.int(), results.opaque(READ_BYTES)]
        const end = error === 0 && (reason & REASON.end) !== 0
        if (data.length > 0 || end) take(data, end)
        return { error, end, bytes: data.length }
      },
    })
    if (error !== 0 && error !== VXI11_ERROR.timeout) throw new Vxi11Error(this.peer, 'device_read', error)
    if (end) return 'done'
    return bytes > 0 || error === VXI11_ERROR.timeout ? 'more' : 'nothing'
  }

  async readStatusByte(signal: AbortSignal): Promise<number> {
    const { error, status } = await this.#client.call(CORE_PROCEDURE.device_readstb, 'device_readstb', {
      args: this.#generic(),
      ms: IO_MS + REPLY_MS,
      signal,
      results: (results) => ({ error: results.int(), status: results.uint() }),
    })
    if (error !== 0) throw new Vxi11Error(this.peer, 'device_readstb', error)
    return status & 0xff
  }

  /** The calls that take nothing but the link and answer nothing but an error. */
  async simple(
    name: 'device_trigger' | 'device_clear' | 'device_remote' | 'device_local',
    signal: AbortSignal,
  ): Promise<void> {
    await this.#call(name, this.#generic(), IO_MS, signal)
  }

  /** Rejects with `device.busy` when another link has the lock for longer than `waitMs`. */
  async lock(waitMs: number, signal: AbortSignal): Promise<void> {
    const args = new XdrWriter()
      .uint(this.#link)
      .uint(waitMs > 0 ? FLAG.waitLock : 0)
      .uint(waitMs)
    await this.#call('device_lock', args, waitMs, signal)
  }

  async unlock(signal: AbortSignal): Promise<void> {
    await this.#call('device_unlock', new XdrWriter().uint(this.#link), 0, signal)
  }

  /** Has service requests reported, with `handle`, to the RPC server of ours at an IPv4 address. */
  async reportService(address: number, port: number, handle: Uint8Array, signal: AbortSignal): Promise<void> {
    const where = new XdrWriter().uint(address).uint(port).uint(INTERRUPT.program).uint(INTERRUPT.version)
    await this.#call('create_intr_chan', where.uint(DEVICE_TCP), 0, signal)
    const enable = new XdrWriter().uint(this.#link).bool(true).opaque(handle)
    await this.#call('device_enable_srq', enable, 0, signal)
  }

  /** Ends the connection because of `error`. */
  fail(error: BenchError): void {
    this.#client.fail(error)
  }

  /** Gives the link back, which some instruments have few of, and ends the connection. */
  close(): void {
    this.#client.close({ procedure: CORE_PROCEDURE.destroy_link, args: new XdrWriter().uint(this.#link) })
  }

  #generic(): XdrWriter {
    return new XdrWriter().uint(this.#link).uint(0).uint(0).uint(IO_MS)
  }

  async #call(
    name: keyof typeof CORE_PROCEDURE,
    args: XdrWriter,
    ms: number,
    signal: AbortSignal,
  ): Promise<void> {
    const results = (from: XdrReader): number => from.int()
    const error = await this.#client.call(CORE_PROCEDURE[name], name, {
      args,
      ms: ms + REPLY_MS,
      signal,
      results,
    })
    if (error !== 0) throw new Vxi11Error(this.peer, name, error)
  }
}
