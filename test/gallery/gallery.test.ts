import { once } from 'node:events'
import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TrustedProxies } from '../../bridge/core/trusted-proxies.ts'
import { createHttp } from '../../bridge/server/http.ts'
import { Door } from '../../bridge/server/origin.ts'
import { mediaRoutes } from '../../bridge/server/routes/media-files.ts'
import { MediaFolder } from '../../bridge/gallery/folder.ts'
import { Gallery } from '../../bridge/gallery/gallery.ts'
import { overdue } from '../../bridge/gallery/retention.ts'
import type { MediaEntry, MediaKind } from '../../shared/gallery/gallery.ts'
import { gallery } from '../support/gallery.ts'
import { openTables } from '../support/tables.ts'
import { caller, handler, log } from '../sfu/media-rig.ts'

const DAY = 86_400_000
const NOON = Date.UTC(2026, 2, 9, 12)

interface Kept {
  device?: string
  takenAt?: number
  kind?: MediaKind
  tags?: string[]
  note?: string
  bytes?: number
}

async function keep(
  keeper: Gallery,
  { device = 'slide', takenAt = NOON, kind = 'still', tags, note, bytes = 5 }: Kept = {},
): Promise<MediaEntry> {
  const place = await keeper.place(device, takenAt, kind === 'recording' ? 'mp4' : 'tiff')
  for (const path of [place.path, place.thumbnail]) await writeFile(path, 'x'.repeat(Math.min(bytes, 1000)))
  const facts = { device, takenAt, kind, width: 4, height: 2, who: 'ada', facts: {}, tags, note }
  return keeper.add(place, { ...facts, format: kind === 'recording' ? 'mp4' : 'tiff' }, { bytes })
}

const list = (keeper: Gallery, filter: Record<string, unknown> = {}): Promise<string[]> =>
  handler(keeper.handlers, 'media.list')({ limit: 60, ...filter }, caller()).then(({ entries }) =>
    entries.map(({ id }) => id),
  )

describe('the catalogue', () => {
  it('lists newest first, a page after the other, by camera, kind, tag, words and time', async () => {
    const keeper = await gallery()
    const a = await keep(keeper, { takenAt: NOON, tags: ['wafer 4'], note: 'First dividing cell' })
    const b = await keep(keeper, { takenAt: NOON + 1, kind: 'recording', device: 'other' })
    const c = await keep(keeper, { takenAt: NOON + 1, tags: ['wafer 4', 'keep'] })
    expect(await list(keeper)).toEqual([c.id, b.id, a.id])
    const first = (await list(keeper, { limit: 1 }))[0]!
    const rest = await list(keeper, { before: { takenAt: NOON + 1, id: first } })
    expect([first, ...rest]).toEqual(await list(keeper))
    expect(await list(keeper, { device: 'other' })).toEqual([b.id])
    expect(await list(keeper, { kind: 'recording' })).toEqual([b.id])
    expect(await list(keeper, { tag: 'wafer 4' })).toEqual([c.id, a.id])
    expect(await list(keeper, { text: 'CELL dividing' })).toEqual([a.id])
    expect(await list(keeper, { text: '2026-03-09 100%' })).toEqual([])
    expect(await list(keeper, { from: NOON + 1 })).not.toContain(a.id)
    expect(await list(keeper, { to: NOON + 1 })).toEqual([a.id])
  })

  it('gives a name, tags and a note, and takes them away, without touching the file', async () => {
    const keeper = await gallery()
    const { id } = await keep(keeper)
    const before = (await keeper.paths(id)).path
    const update = handler(keeper.handlers, 'media.update')
    expect(await update({ id, name: 'Cell 4 / left', tags: ['a', 'b'], note: 'n' }, caller())).toMatchObject({
      name: 'Cell 4 / left',
      tags: ['a', 'b'],
      note: 'n',
    })
    expect((await keeper.paths(id)).path).toBe(before)
    const { tags } = await handler(keeper.handlers, 'media.list')({ limit: 1 }, caller())
    expect(tags.map(({ tag }) => tag)).toEqual(['a', 'b'])
    const bare = await update({ id, name: '', tags: [], note: '' }, caller())
    expect([bare.name, bare.note, bare.tags]).toEqual([undefined, undefined, []])
    await expect(update({ id: 'none' }, caller())).rejects.toMatchObject({ code: 'media.unknown' })
  })

  it('deletes a file with its pictures and its empty folder, but not what still grows', async () => {
    const keeper = await gallery()
    const remove = handler(keeper.handlers, 'media.remove')
    const { id } = await keep(keeper)
    const folder = join((await keeper.paths(id)).path, '../..')
    await remove({ id }, caller())
    expect(await readdir(folder)).toEqual(['.passing'])
    expect(await list(keeper)).toEqual([])
    const place = await keeper.place('slide', NOON, 'mp4')
    keeper.begin(place, {
      device: 'slide',
      takenAt: NOON,
      kind: 'recording',
      format: 'mp4',
      width: 4,
      height: 2,
      who: 'ada',
      facts: {},
    })
    await expect(remove({ id: place.id }, caller())).rejects.toMatchObject({ code: 'device.busy' })
  })

  it('gives two files of one millisecond two names', async () => {
    const keeper = await gallery()
    const places = await Promise.all(Array.from({ length: 3 }, () => keeper.place('slide', NOON, 'png')))
    expect(new Set(places.map(({ path }) => path)).size).toBe(3)
  })

  it('closes what was growing when the bridge ended, by what the file says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lightbench-'))
    await using tables = await openTables(join(folder, 'lightbench.db'))
    const keeper = await gallery({ tables, path: join(folder, 'gallery') })
    const takenAt = Date.now() - 4000
    const place = await keeper.place('slide', takenAt, 'mp4')
    keeper.begin(place, {
      device: 'slide',
      takenAt,
      kind: 'recording',
      format: 'mp4',
      width: 4,
      height: 2,
      who: 'ada',
      facts: {},
    })
    await writeFile(place.path, 'twelve bytes')
    await tables.flushed()
    const again = await Gallery.open({
      tables,
      path: join(folder, 'gallery'),
      bench: '',
      rules: { keepFreeGB: 0 },
      log,
      deleted: () => {},
    })
    const { entry } = await again.known(place.id)
    expect(entry).toMatchObject({ phase: 'cut', ended: 'the bridge ended', bytes: 12 })
    expect(entry.durationMs).toBeGreaterThan(3500)
    await again[Symbol.asyncDispose]()
  })
})

describe('paths', () => {
  it('never lead out of the folder, whatever the id or the place', async () => {
    const folder = new MediaFolder(await mkdtemp(join(tmpdir(), 'lightbench-')))
    const bad = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('..', '/', '.', '\0', 'a', '%2e', '\\', '-'), { minLength: 1 })
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(bad, (text) => {
        for (const find of [
          () => folder.within(folder.fileOf(text, NOON, 'tiff')),
          () => folder.within(text),
        ]) {
          let path: string
          try {
            path = find()
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError)
            continue
          }
          expect(path.startsWith(`${folder.path}/`)).toBe(true)
        }
      }),
    )
    for (const text of ['..', '../x', '/etc/passwd', 'a/../../b', '.', '']) {
      expect(() => folder.within(text), text).toThrow(RangeError)
      expect(() => folder.fileOf(text, NOON, 'mp4'), text).toThrow(RangeError)
    }
  })
})

describe('rules', () => {
  const files = [
    { id: 'a', takenAt: NOON - 9 * DAY, bytes: 2e9, phase: 'whole', isKept: true },
    { id: 'b', takenAt: NOON - 8 * DAY, bytes: 2e9, phase: 'whole', isKept: false },
    { id: 'c', takenAt: NOON - 7.5 * DAY, bytes: 2e9, phase: 'growing', isKept: false },
    { id: 'd', takenAt: NOON - 2 * DAY, bytes: 2e9, phase: 'cut', isKept: false },
    { id: 'e', takenAt: NOON - 1 * DAY, bytes: 2e9, phase: 'whole', isKept: false },
  ]

  it.each<[string, object, string[]]>([
    ['nothing when there are none', {}, []],
    ['what is too old', { keepDays: 7 }, ['b']],
    ['the oldest until the rest fits', { mostGB: 7 }, ['b', 'd']],
    ['all that may go when what is kept is too much by itself', { mostGB: 1 }, ['b', 'd', 'e']],
    ['by both', { keepDays: 7, mostGB: 6 }, ['b', 'd']],
  ])('delete %s; never what is tagged keep or still grows', (_, rules, gone) => {
    expect(overdue(files, rules, NOON, 10e9).map(({ id }) => id)).toEqual(gone)
  })

  it('tell of every file that they delete, and why', async () => {
    const told: string[] = []
    const keeper = await gallery({
      rules: { keepDays: 7, keepFreeGB: 0 },
      deleted: (id, device, why) => told.push(`${device} ${id} ${why}`),
    })
    const old = await keep(keeper, { takenAt: NOON - 8 * DAY })
    const kept = await keep(keeper, { takenAt: NOON - 9 * DAY, tags: ['keep'] })
    const young = await keep(keeper, { takenAt: NOON })
    await keeper.applyRules(NOON)
    expect(told).toEqual([`slide ${old.id} older than 7 days`])
    expect(await list(keeper)).toEqual([young.id, kept.id])
  })
})

describe('over HTTP', () => {
  async function serve(
    keeper: Gallery,
  ): Promise<(path: string, headers?: Record<string, string>) => Promise<Response>> {
    const { server: http } = createHttp({
      pageDir: await mkdtemp(join(tmpdir(), 'lightbench-')),
      routes: mediaRoutes(keeper),
      door: new Door({ names: ['127.0.0.1'], origins: [] }),
      identify: () => ({ name: 'ada', role: 'viewer', via: 'token', key: 'k' }),
      proxies: new TrustedProxies([]),
      refusals: { count: () => {} },
      tls: undefined,
      guardianPort: () => undefined,
      log,
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    onTestFinished(() => {
      http.closeAllConnections()
      http.close()
    })
    const { port } = http.address() as AddressInfo
    return (path, headers = {}) => fetch(`http://127.0.0.1:${port}${path}`, { headers })
  }

  it('sends a file whole, a range of it, or that it is known, under a name of its own', async () => {
    const keeper = await gallery()
    const ask = await serve(keeper)
    const { id } = await keep(keeper, { kind: 'recording', bytes: 100 })
    await handler(keeper.handlers, 'media.update')({ id, name: '../../Cell "4"' }, caller())
    const whole = await ask(`/api/media/${id}`)
    expect([whole.status, whole.headers.get('content-type'), (await whole.text()).length]).toEqual([
      200,
      'video/mp4',
      100,
    ])
    expect(whole.headers.get('content-disposition')).toBe(null)
    const part = await ask(`/api/media/${id}?download`, { range: 'bytes=10-19' })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/100'])
    expect(part.headers.get('content-disposition')).toBe('attachment; filename="Cell -4.mp4"')
    const etag = whole.headers.get('etag') ?? ''
    expect((await ask(`/api/media/${id}`, { 'if-none-match': etag })).status).toBe(304)
    const small = await ask(`/api/media/${id}/thumbnail`)
    expect([small.status, small.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
  })

  it.each(['none', '..%2f..%2flightbench.db', '%2e%2e', '%00', 'a%2f..%2fb', '.passing'])(
    'has no %s',
    async (id) => {
      const ask = await serve(await gallery())
      for (const path of [`/api/media/${id}`, `/api/media/${id}/thumbnail`, `/api/media/${id}/preview`]) {
        expect((await ask(path)).status, path).toBe(404)
      }
    },
  )

  it('says that a file is not there when somebody has deleted it without telling', async () => {
    const keeper = await gallery()
    const ask = await serve(keeper)
    const { id } = await keep(keeper)
    const answer = await ask(`/api/media/${id}/preview`)
    expect([answer.status, await answer.json()]).toMatchObject([404, { error: { code: 'media.unknown' } }])
  })
})
