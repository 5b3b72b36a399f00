import type { Context } from 'koa'
import type { Role } from '../../../shared/access/access.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { Caller } from '../../device/device.ts'
import type { Begun, Exchange, Offering } from '../../sfu/exchange.ts'
import { ExchangeError } from '../../sfu/exchange-error.ts'
import { type IceServerConfig, iceLinks, iceServersFor } from '../../sfu/ice-servers.ts'
import type { Media } from '../../sfu/media.ts'
import type { Call, FindDevice } from '../call.ts'
import { parameter, type Route } from '../route.ts'

const OFFER = 'application/sdp'
const FRAGMENT = 'application/trickle-ice-sdpfrag'
const MOST_BYTES = 64 * 1024
const SLOWEST_MS = 10_000

interface Common {
  device: FindDevice
  iceServers: readonly IceServerConfig[]
  /** Hears of what is published and ended here. */
  audit: (call: Call) => void
}

interface ExchangeRoutes extends Common {
  /** The first part of the path, too. */
  name: 'whip' | 'whep'
  role: Role
  begin: (camera: string, sdp: string, offering: Offering) => Promise<Begun>
  exchange: Exchange
}

/** Publishing to a camera at `/whip/<camera>`, and watching one at `/whep/<camera>`. */
export function mediaExchangeRoutes({ whip, whep }: Pick<Media, 'whip' | 'whep'>, common: Common): Route[] {
  const publish: ExchangeRoutes = {
    ...{ ...common, name: 'whip', role: 'operator', exchange: whip.exchange },
    begin: (camera, sdp, offering) => whip.begin(camera, sdp, offering),
  }
  const watch: ExchangeRoutes = {
    ...{ ...common, name: 'whep', role: 'viewer', exchange: whep.exchange },
    begin: (camera, sdp, offering) => whep.begin(camera, sdp, offering),
    // Who watches is not kept, by whatever way.
    audit: () => undefined,
  }
  return [...exchangeRoutes(publish), ...exchangeRoutes(watch)]
}

/** WHIP (RFC 9725) or WHEP (draft-ietf-wish-whep): an offer to `/<name>/<camera>`, and the session that comes of it. */
function exchangeRoutes(options: ExchangeRoutes): Route[] {
  const { name, role, exchange } = options
  const endpoint = `/${name}/:id`
  const session = `${endpoint}/:session`
  const guarded = { role, device: 'id', upload: MOST_BYTES } as const
  const idOf = (context: Context): [string, string] => [
    parameter(context, 'id'),
    parameter(context, 'session'),
  ]
  return [
    { method: 'options', path: endpoint, role: 'anybody', handle: (context) => preflight(context, 'POST') },
    {
      method: 'options',
      path: session,
      role: 'anybody',
      handle: (context) => preflight(context, 'PATCH, DELETE'),
    },
    {
      ...{ method: 'post', path: endpoint, ...guarded },
      handle: (context, caller, stands) =>
        answering(context, { caller, stands }, options, async () => {
          const camera = parameter(context, 'id')
          const offer = await read(context, OFFER)
          // A camera that is not there, or is faulted, says so itself.
          options.device(camera)
          const begun = await options.begin(camera, offer, { caller, stands })
          context.status = 201
          context.set('Location', `/${name}/${camera}/${begun.session}`)
          context.set('ETag', begun.etag)
          context.set('Accept-Patch', FRAGMENT)
          const links = iceLinks(iceServersFor(options.iceServers, caller.name))
          if (links.length > 0) context.set('Link', links)
          context.type = OFFER
          context.body = begun.answer
        }),
    },
    {
      ...{ method: 'patch', path: session, ...guarded },
      handle: async (context: Context, caller: Caller) => {
        await refusing(context, async () => {
          const text = await read(context, FRAGMENT)
          const ifMatch = context.get('If-Match') || undefined
          const restarted = await exchange.patch(...idOf(context), caller, { ifMatch, text })
          context.status = 204
          if (!restarted) return
          context.status = 200
          context.set('ETag', restarted.etag)
          context.type = FRAGMENT
          context.body = restarted.fragment
        })
      },
    },
    {
      ...{ method: 'delete', path: session, ...guarded },
      handle: (context, caller, stands) =>
        answering(context, { caller, stands }, options, async () => {
          exchange.end(...idOf(context), caller)
          context.status = 200
          context.body = ''
        }),
    },
  ]
}

function preflight(context: Context, methods: string): void {
  context.status = 204
  context.set('Access-Control-Allow-Methods', `${methods}, OPTIONS`)
  context.set('Access-Control-Allow-Headers', 'Authorization, Content-Type, If-Match')
  context.set('Access-Control-Max-Age', '86400')
  if (methods === 'POST') context.set('Accept-Post', OFFER)
  else context.set('Accept-Patch', FRAGMENT)
}

/** Does what begins or ends a session, and has it written down. */
async function answering(
  context: Context,
  { caller }: Offering,
  { name, audit }: ExchangeRoutes,
  work: () => Promise<void>,
): Promise<void> {
  const begun = performance.now()
  const action = `${name}.${context.method === 'POST' ? 'begin' : 'end'}`
  const call = { name: action, input: { device: parameter(context, 'id') }, caller }
  const failure = await refusing(context, work)
  const result = failure
    ? { ok: false as const, error: failure.toFailure() }
    : { ok: true as const, value: {} }
  audit({ ...call, result, ms: performance.now() - begun })
}

/** Answers a refusal with the status that the standard wants; all others leave as they do elsewhere. */
async function refusing(context: Context, work: () => Promise<void>): Promise<BenchError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (!(error instanceof BenchError)) throw error
    context.status = error instanceof ExchangeError ? error.status : (STATUS[error.code] ?? 400)
    // RFC 9725 section 4.5: who is to come back later is told when.
    if (context.status === 503) context.set('Retry-After', '2')
    context.body = { ok: false, error: error.toFailure() }
    return error
  }
}

const STATUS: Partial<Record<BenchError['code'], number>> = {
  'device.unknown': 404,
  'device.unsupported': 404,
  'device.faulted': 503,
  'media.unavailable': 503,
  'input.invalid': 422,
}

/** The body, as text of this type. Rejects with 415, 413 or 408. */
async function read(context: Context, type: string): Promise<string> {
  if (context.request.type.toLowerCase() !== type)
    throw new ExchangeError(415, 'input.invalid', `send this as Content-Type: ${type}`)
  const chunks: Buffer[] = []
  let bytes = 0
  const { req } = context
  const timer = setTimeout(() => req.destroy(), SLOWEST_MS)
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MOST_BYTES) {
        // What else comes is not worth reading.
        context.set('Connection', 'close')
        throw new ExchangeError(413, 'input.invalid', `this is longer than ${MOST_BYTES} bytes`)
      }
      chunks.push(chunk)
    }
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
