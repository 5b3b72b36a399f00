import { createHash, randomBytes } from 'node:crypto'
import { satisfies } from '../../../shared/access/access.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { WatchBody } from '../../../shared/watches/watch.ts'
import type { Caller, Handlers } from '../../device/device.ts'
import { personOf } from '../../core/owner.ts'
import { scrubber } from '../../core/scrub.ts'
import { type Entry, entryOf, UNDO_MS } from '../scheduler/entry.ts'
import { keptIn, restored, secretsOf, shownWatch } from '../kept-secrets.ts'
import { requireJsonPath } from '../kinds/page/json-path.ts'
import type { PassingPictures } from './passing.ts'
import { requireSchedule } from '../scheduler/schedule.ts'
import { snapshotOf } from './snapshots.ts'
import { Trials } from './trials.ts'
import { inTurns } from '../scheduler/turns.ts'
import type { Watches } from '../watches.ts'

/** A page is opened as often as this at most: it may be somebody else's. */
const PAGE_EVERY_S = 5
const ALL_SEQ = Number.MAX_SAFE_INTEGER
/** So many go to the thread in one message. */
const EXPORT_PART = 100

/** The commands of watches; the caller has been let through by their role. */
export function watchHandlers(watches: Watches, passing: PassingPictures): Handlers {
  const { store, tools, entries } = watches
  const { lab } = tools
  const trials = new Trials(watches, passing)

  /** Does something to each of several. Answers once it is on disk, so that whoever asked can rely on it. */
  const each = async (
    ids: readonly string[],
    work: (entry: Entry) => void,
  ): Promise<{ done: string[]; refused: { id: string; why: string }[] }> => {
    const done: string[] = []
    const refused: { id: string; why: string }[] = []
    for await (const id of inTurns(new Set(ids))) {
      try {
        work(watches.known(id))
        done.push(id)
      } catch (error) {
        if (!(error instanceof BenchError)) throw error
        refused.push({ id, why: error.message })
      }
    }
    await store.flushed()
    return { done, refused }
  }

  return {
    'watch.list': ({ ids, after = '', limit }) => {
      const chosen = ids ?? [...entries.keys()].sort().filter((id) => id > after)
      const found = chosen.flatMap((id) => entries.get(id) ?? []).slice(0, limit)
      return Promise.resolve(found.map(({ watch }) => shownWatch(watch)))
    },
    'watch.save': async ({ id, basedOn, paused, ...draft }, caller) => {
      requireMay(draft, caller)
      const before = id === undefined ? undefined : watches.known(id)
      if (before) requireMay(before.watch, caller)
      if (before && basedOn !== undefined && basedOn !== before.watch.revision) {
        throw new BenchError(
          'watch.changed',
          `${before.watch.savedBy} has changed the watch "${before.watch.name}" meanwhile: look at theirs, then save yours again`,
        )
      }
      const body = { ...draft, what: restored(draft.what, before?.watch.what) }
      requireSound(watches, body, caller)
      const entry = before ? watches.replace(before, body, caller) : watches.make(body, caller, paused)
      await store.flushed()
      return shownWatch(entry.watch)
    },
    'watch.try': ({ draft, id }, caller) => {
      requireMay(draft, caller)
      const before = id === undefined ? undefined : watches.known(id).watch.what
      const body = { ...draft, what: restored(draft.what, before) }
      requireSound(watches, body, caller)
      return trials.run(body, caller)
    },
    'watch.check': ({ ids }, { name }) =>
      each(ids, (entry) => {
        if (!watches.ask(entry, name))
          throw new BenchError('device.busy', 'the queue is full: try again later')
      }),
    'watch.pause': ({ ids, paused }) => each(ids, (entry) => watches.amend(entry, { paused })),
    'watch.mute': ({ ids, muted }) => each(ids, (entry) => watches.amend(entry, { muted })),
    'watch.seen': ({ ids }) => each(ids, (entry) => watches.set(entry, { unseen: undefined })),
    'watch.clearErrors': ({ ids }) =>
      each(ids, (entry) => {
        const { outcome } = entry.status
        entry.tries = 0
        watches.set(entry, {
          failures: 0,
          reason: undefined,
          failingSince: undefined,
          outcome: outcome === 'failing' ? 'new' : outcome,
        })
      }),
    'watch.clearHistory': async ({ ids }) => {
      const answer = await each(ids, (entry) => {
        // The picture that a change would be told from is gone as well.
        entry.memory = undefined
        watches.set(entry, {
          checks: 0,
          failures: 0,
          changes: 0,
          unseen: undefined,
          changedAt: undefined,
          checkedAt: undefined,
        })
      })
      await store.ask('clear', answer.done)
      return answer
    },
    'watch.tag': ({ ids, add, remove }) =>
      each(ids, (entry) => {
        const tags = [...new Set([...entry.watch.tags.filter((tag) => !remove.includes(tag)), ...add])]
        if (tags.length > 20) throw new BenchError('input.invalid', 'a watch has 20 tags at most')
        watches.amend(entry, { tags })
      }),
    'watch.copy': async ({ ids }, caller) => {
      const copies: Entry[] = []
      const answer = await each(ids, ({ watch }) => {
        requireMay(watch, caller)
        copies.push(watches.make({ ...watch, name: `${watch.name.slice(0, 110)} (copy)` }, caller, true))
      })
      return { ...answer, copies: copies.map(({ watch }) => shownWatch(watch)) }
    },
    'watch.remove': async ({ ids }, caller) => {
      const at = Date.now()
      const undo = randomBytes(12).toString('hex')
      const answer = await each(ids, (entry) => watches.drop(watches.keep(entry)))
      await store.ask('remove', answer.done, undoOf(undo, caller), at)
      return { ...answer, undo, until: at + UNDO_MS }
    },
    'watch.restore': async ({ undo }, caller) => {
      const restored = await store.ask('restore', undoOf(undo, caller))
      if (restored.length === 0) {
        throw new BenchError(
          'watch.unknown',
          'there is nothing to bring back: it was deleted more than ten minutes ago, by somebody else, or is back already',
        )
      }
      for await (const { watch, state } of inTurns(restored)) watches.admit(entryOf(watch, state))
      return { done: restored.map(({ watch }) => watch.id), refused: [] }
    },
    'watch.export': async ({ ids }, { signal }) => {
      const chosen = ids ? ids.flatMap((id) => entries.get(id) ?? []) : [...entries.values()]
      const parts: string[] = []
      for (let at = 0; at === 0 || at < chosen.length; at += EXPORT_PART) {
        const watches = chosen.slice(at, at + EXPORT_PART).map(({ watch }) => shownWatch(watch))
        const yaml = await lab.run('exportYaml', { watches }, signal)
        // One list: its name stands above the first part alone.
        parts.push(at === 0 ? yaml : yaml.slice(yaml.indexOf('\n') + 1))
      }
      return { yaml: parts.join(''), watches: chosen.length }
    },
    'watch.import': async ({ text, format, paused }, caller) => {
      const found = await lab.run('readImport', { text, format }, caller.signal)
      const added: string[] = []
      const refused: { name: string; why: string }[] = []
      for await (const { name, body, why } of inTurns(found)) {
        try {
          if (!body) throw new BenchError('input.invalid', why ?? 'it cannot be read')
          const whole = { ...body, what: restored(body.what, undefined) }
          requireSound(watches, whole, caller)
          added.push(watches.make(whole, caller, paused).watch.id)
        } catch (error) {
          if (!(error instanceof BenchError)) throw error
          refused.push({ name, why: error.message })
        }
      }
      await store.flushed()
      return { added, refused }
    },
    'watch.history': async ({ id, before, limit, only }) => {
      const scrub = scrubber(keptIn(watches.known(id).watch.what))
      const checks = await store.ask('history', id, before ?? ALL_SEQ, limit, only === 'news')
      // Versions before this one wrote down what a page answered with its whole address.
      return checks.map((check) =>
        check.message === undefined ? check : { ...check, message: scrub(check.message) },
      )
    },
    'watch.sparks': ({ ids, points }) =>
      store.ask(
        'sparks',
        ids.filter((id) => entries.has(id)),
        points,
      ),
    'watch.snapshot': ({ id, seq, against }) =>
      snapshotOf(watches.known(id).watch, seq, against, { store, lab }),
    'notify.test': async ({ channel }) => ({ message: await watches.notifier.test(channel) }),
  }
}

/** Under what a removal is kept: it is undone by whoever has its key and has removed it. */
function undoOf(undo: string, caller: Caller): string {
  return createHash('sha256')
    .update(`${undo}\n${personOf(caller)}`)
    .digest('hex')
}

/** Throws `input.invalid` for what no schema can see, and `role.required` for a page that the caller may not have opened. */
function requireSound(watches: Watches, body: WatchBody, caller: Caller): void {
  requireMay(body, caller)
  const { what, schedule, notify } = body
  requireSchedule(schedule, Date.now())
  if (what.kind === 'page' && what.json !== undefined) requireJsonPath(what.json)
  if (what.kind === 'page' && schedule.everyS !== undefined && schedule.everyS < PAGE_EVERY_S) {
    throw new BenchError('input.invalid', `schedule.everyS: a page is opened every ${PAGE_EVERY_S} s at most`)
  }
  // Throws for one that there is not: better now than when the page is opened.
  watches.options.secrets.sendable(secretsOf(what))
  const devices = [
    ...(what.kind === 'page' ? [] : [what.device]),
    ...notify.flatMap(({ actions }) => actions.map(({ device }) => device)),
  ]
  const unknown = devices.find((device) => !watches.options.hasDevice(device))
  if (unknown !== undefined)
    throw new BenchError('device.unknown', `there is no device "${unknown}" on this bench`, {
      device: unknown,
    })
  const channel = notify.flatMap(({ to }) => to).find((name) => !watches.notifier.has(name))
  if (channel !== undefined) {
    throw new BenchError(
      'input.invalid',
      `notify: there is no channel "${channel}" among watches.notify of bench.yaml`,
    )
  }
}

/** A watch of a page reaches into the network as the bridge does, and types and clicks there. */
function requireMay({ what }: Pick<WatchBody, 'what'>, { role }: Caller): void {
  if (what.kind !== 'page' || satisfies(role, 'administrator')) return
  throw new BenchError('role.required', `to watch a page needs the role administrator; you are ${role}`)
}
