import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { openDatabase } from '../../bridge/store/sqlite.ts'
import { Views } from '../../bridge/store/views.ts'
import { viewOfAll } from '../../shared/view-of-all.ts'
import { MOST_VIEWS, type ViewBody } from '../../shared/views.ts'

const log = pino({ level: 'silent' })
const all = viewOfAll({ title: 'Bench', devices: [{ id: 'slide', driver: { family: 'camera' } }] })
const body: ViewBody = { title: 'Lab', pages: [{ tiles: [] }], dwellS: 20, stop: false, qr: 'link' }

function file(): string {
  return join(mkdtempSync(join(tmpdir(), 'lightbench-')), 'views.db')
}

it('keeps a view over a restart, with who saved it', () => {
  const path = file()
  const first = openDatabase(path)
  new Views(first, all, log).save({ ...body, name: 'lab' }, 'anna', 1000)
  first.close()
  using second = openDatabase(path)
  expect(new Views(second, all, log).list()).toEqual([
    all,
    { ...body, name: 'lab', revision: 1, savedAt: 1000, savedBy: 'anna' },
  ])
})

it('refuses what is based on a view that somebody else has changed, and loses neither', () => {
  using db = openDatabase(file())
  const views = new Views(db, all, log)
  views.save({ ...body, name: 'lab', basedOn: 0 }, 'anna')
  views.save({ ...body, title: 'Theirs', name: 'lab', basedOn: 1 }, 'ben')
  expect(() => views.save({ ...body, title: 'Mine', name: 'lab', basedOn: 1 }, 'anna')).toThrow(
    /ben has saved/,
  )
  expect(views.topic.value.views['lab']).toMatchObject({ title: 'Theirs', revision: 2 })
  views.save({ ...body, title: 'Mine', name: 'lab' }, 'anna')
  expect(views.topic.value.views['lab']).toMatchObject({ title: 'Mine', revision: 3 })
  views.delete('lab')
  expect(() => views.save({ ...body, name: 'lab', basedOn: 3 }, 'anna')).toThrow(/deleted meanwhile/)
})

it('lets the view of all be replaced, and brings it back when that is deleted', () => {
  using db = openDatabase(file())
  const views = new Views(db, all, log)
  expect(() => views.delete('all')).toThrow(/bridge's own/)
  views.save({ ...body, name: 'all', basedOn: 0 }, 'anna')
  expect(views.topic.value.views['all']).toMatchObject({ title: 'Lab', revision: 1 })
  views.delete('all')
  expect(views.topic.value.views['all']).toEqual(all)
  expect(() => views.delete('none')).toThrow(/no view/)
})

it('has a bound', () => {
  using db = openDatabase(file())
  const views = new Views(db, all, log)
  for (let i = 1; i < MOST_VIEWS; i++) views.save({ ...body, name: `v${i}` }, 'anna')
  expect(() => views.save({ ...body, name: 'more' }, 'anna')).toThrow(/delete one first/)
  expect(views.save({ ...body, name: 'v1' }, 'anna').revision).toBe(2)
})

it('does not show a view that it cannot read, and keeps it', () => {
  using db = openDatabase(file())
  new Views(db, all, log).save({ ...body, name: 'lab' }, 'anna')
  db.exec(`UPDATE view SET body = '{"name":"lab","pages":7}'`)
  expect(new Views(db, all, log).list()).toEqual([all])
  expect(db.prepare('SELECT count(*) AS n FROM view').get()).toEqual({ n: 1 })
})
