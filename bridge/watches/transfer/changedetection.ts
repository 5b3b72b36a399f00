import { BenchError } from '../../../shared/wire/errors.ts'
import type { WatchDraft } from '../../../shared/watches/watch.ts'
import type { PageSelector } from '../../../shared/watches/watch-what.ts'
import { addressShown } from '../../../shared/watches/web-address.ts'

const UNITS = { weeks: 604_800, days: 86_400, hours: 3600, minutes: 60, seconds: 1 } as const
/** What changedetection.io takes when nothing else is said. */
const DEFAULT_S = 3 * 3600

type Loose = Record<string, unknown>

/**
 * The watches of changedetection.io: of its backup (`url-watches.json`, with `watching` and `settings`), or of what its
 * API lists, keyed by UUID. Addresses, titles, tags, intervals, the first filter and the kind of fetching are taken.
 */
export function watchesOfChangedetection(file: unknown): unknown[] {
  if (!isLoose(file)) throw new BenchError('input.invalid', 'the JSON is no export of changedetection.io')
  const settings = member(file, 'settings')
  const titles = member(member(settings, 'application'), 'tags')
  const usual = secondsOf(member(settings, 'requests')['time_between_check']) || DEFAULT_S
  const watching = isLoose(file['watching']) ? file['watching'] : file
  const found = Object.values(watching).filter(
    (entry): entry is Loose => isLoose(entry) && typeof entry['url'] === 'string',
  )
  if (found.length === 0)
    throw new BenchError(
      'input.invalid',
      'the JSON has no watches with a url, as changedetection.io exports them',
    )
  return found.map((entry) => draftOf(entry, titles, usual))
}

function draftOf(entry: Loose, titles: Loose, usual: number): WatchDraft {
  const url = String(entry['url'])
  const title = typeof entry['title'] === 'string' ? entry['title'].trim() : ''
  const backend = entry['fetch_backend']
  const browser = typeof backend === 'string' && backend.includes('webdriver')
  const filter = Array.isArray(entry['include_filters'])
    ? String(entry['include_filters'][0] ?? '').trim()
    : ''
  const { json, select } = chosenBy(filter)
  return {
    name: (title || addressShown(url)).slice(0, 120),
    tags: tagsOf(entry, titles),
    what: {
      kind: 'page',
      url,
      with: browser || select?.xpath !== undefined ? 'browser' : 'fetch',
      ...(json !== undefined && { json }),
      ...(select && { select }),
    },
    schedule: { everyS: secondsOf(entry['time_between_check']) || usual },
  }
}

function chosenBy(filter: string): { json?: string; select?: PageSelector } {
  if (filter === '') return {}
  if (filter.startsWith('json:')) return { json: filter.slice(5).trim() }
  const xpath = /^(?:xpath1?:)?(\/.*)$/s.exec(filter)?.[1]
  return { select: xpath === undefined ? { css: filter } : { xpath } }
}

/** Tags are named by UUID in a backup; in older ones they are words with commas between them. */
function tagsOf(entry: Loose, titles: Loose): string[] {
  const named: unknown[] = Array.isArray(entry['tags']) ? entry['tags'] : []
  const words = typeof entry['tag'] === 'string' ? entry['tag'].split(',') : []
  return [...named, ...words]
    .map((tag) => String(member(titles, String(tag))['title'] ?? tag))
    .map((tag) =>
      tag
        .replace(/[^\p{L}\p{N} ._:-]+/gu, '-')
        .replace(/^[^\p{L}\p{N}]+/u, '')
        .slice(0, 40)
        .trim(),
    )
    .filter((tag) => tag !== '')
    .slice(0, 20)
}

function secondsOf(times: unknown): number {
  if (!isLoose(times)) return 0
  return Object.entries(UNITS).reduce((sum, [unit, s]) => sum + (Number(times[unit]) || 0) * s, 0)
}

function member(of: Loose, name: string): Loose {
  const found = Object.hasOwn(of, name) ? of[name] : undefined
  return isLoose(found) ? found : {}
}

function isLoose(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
