import type { BenchState } from '../../shared/bench/bench.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { GuardianState } from '../../shared/guardian/guardian.ts'
import type { BenchConfig } from './config.ts'
import type { Deed } from '../control/control.ts'
import type { Guardian } from '../control/device-guards.ts'
import type { Caller, Handlers } from '../device/device.ts'
import type { Logger } from '../core/log.ts'
import type { Topic } from '../core/topic.ts'
import { GuardianLink } from '../guardian/link.ts'
import type { GuardianDeed } from '../guardian/protocol.ts'

/** How soon a ticket of somebody who may not do anything any more is no good. */
const REVOKE_EVERY_MS = 1000

/** What the guardian makes the bench do. */
export interface GuardianEvents {
  /** Reaches every device's `stop()` before it returns. */
  press: (by: string, why: string) => void
  /** Makes safe what may emit or move: nobody would if the bridge died now. */
  lost: () => void
  /** Tells the guardian again what it is to know. */
  met: () => void
  did: (deed: Deed) => void
  /** Whether somebody is known still: a ticket ends with its session. */
  isKnown: (who: Pick<Caller, 'via' | 'key'>) => boolean
}

/** The bench's side of its guardian: the link, or what stands in its place when the bridge was started without one. */
export interface Guardianship extends Guardian, Disposable {
  handlers: Handlers
  /** Throws `device.busy` while the guardian still makes the device safe. */
  requireFree: (device: string) => void
  holder: (beats: boolean) => void
  attend: (events: GuardianEvents) => void
  crash: (why: string) => void
}

/** Meets the guardian, unless the bridge was started without one. Rejects with `guardian.lost` when it does not let the bridge start. */
export async function openGuardianship(
  config: BenchConfig,
  bench: Topic<BenchState>,
  { without, signal, log }: { without: boolean; signal: AbortSignal; log: Logger },
): Promise<Guardianship> {
  if (without) return withoutGuardian()
  const { server } = config
  const { port = server.port === 0 ? 0 : server.port + 1, path, lastResort } = server.guardian
  const link = new GuardianLink({
    dataDir: config.dataDir,
    title: config.title,
    devices: config.devices.map(({ id }) => id),
    web: {
      host: server.host,
      port,
      ...(path !== undefined && { path }),
      ...(server.tls && { tls: server.tls }),
      origins: server.origins,
      trustedProxies: server.trustedProxies,
    },
    lastResort,
    log,
    signal,
  })
  const show = (guardian: GuardianState): void => bench.put({ guardian })
  await link.meet().catch((error: unknown) => {
    link[Symbol.dispose]()
    throw error
  })
  show(link.state)
  const holders = new Map<string, Pick<Caller, 'via' | 'key'>>()
  let revoking: NodeJS.Timeout | undefined
  return {
    require: () => link.require(),
    protect: (device, plan) => link.protect(device, plan),
    may: (device, may) => link.may(device, may),
    requireFree: (device) => link.requireFree(device),
    holder: (beats) => link.holder(beats),
    crash: (why) => link.crash(why),
    handlers: {
      'estop.ticket': (_, { via, key, name }) => {
        holders.set(key, { via, key })
        return Promise.resolve(link.ticket(key, name))
      },
    },
    attend: (events) => {
      revoking = setInterval(() => {
        for (const who of holders.values()) {
          if (events.isKnown(who)) continue
          holders.delete(who.key)
          link.revoke(who.key)
        }
      }, REVOKE_EVERY_MS)
      revoking.unref()
      let latest = link.deed?.at
      if (link.deed) events.did(deedOf(link.deed))
      link.attend({
        stop: events.press,
        acted: (deed) => {
          if (deed.at !== latest) {
            latest = deed.at
            events.press('the guardian', deed.why)
          } else events.did(deedOf(deed))
        },
        lost: events.lost,
        met: events.met,
        changed: show,
      })
    },
    [Symbol.dispose]: () => {
      clearInterval(revoking)
      link[Symbol.dispose]()
    },
  }
}

function deedOf({ why, devices }: GuardianDeed): Deed {
  const told = Object.entries(devices).map(
    ([id, { state, reason, ms }]) =>
      `${id} ${state}${reason === undefined ? '' : ` (${reason})`}, sent after ${Math.round(ms)} ms`,
  )
  return {
    who: 'the guardian',
    via: 'guardian',
    action: 'guardian.acted',
    message: `${why}; made safe: ${told.join('; ')}`,
  }
}

function withoutGuardian(): Guardianship {
  return {
    require: () => {},
    protect: () => {},
    may: () => true,
    requireFree: () => {},
    holder: () => {},
    crash: () => {},
    attend: () => {},
    handlers: {
      'estop.ticket': () =>
        Promise.reject(
          new BenchError('guardian.lost', 'the bridge was started without a guardian: use estop.press'),
        ),
    },
    [Symbol.dispose]: () => {},
  }
}
