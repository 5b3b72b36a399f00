import { pino } from 'pino'
import { expect, it } from 'vitest'
import { Views } from '../../bridge/views/views.ts'
import { viewOfAll } from '../../shared/views/view-of-all.ts'
import { MOST_VIEWS, type ViewBody } from '../../shared/views/views.ts'
import { openTables } from '../support/tables.ts'

const log = pino({ level: 'silent' })
const all = viewOfAll({ title: 'Bench', devices: [{ id: 'slide', driver: { family: 'camera' } }] })
const body: ViewBody = { title: 'Lab', pages: [{ tiles: [] }], dwellS: 20, stop: false, qr: 'link' }

it('keeps a view over a restart, with who saved it', async () => {
  await using tables = await openTables()
  await (await Views.open(tables, all, log)).save({ ...body, name: 'lab' }, 'anna', 1000)
  await using again = await openTables(tables.file)
  expect((await Views.open(again, all, log)).list()).toEqual([
    all,
    { ...body, name: 'lab', revision: 1, savedAt: 1000, savedBy: 'anna' },
  ])
})

it('refuses what is based on a view that somebody else has changed, and loses neither', async () => {
  await using tables = await openTables()
  const views = await Views.open(tables, all, log)
  await views.save({ ...body, name: 'lab', basedOn: 0 }, 'anna')
  // At once: who comes second is told, though nothing was on the disk yet when they began.
  const [theirs, mine] = await Promise.allSettled([
    views.save({ ...body, title: 'Theirs', name: 'lab', basedOn: 1 }, 'ben'),
    views.save({ ...body, title: 'Mine', name: 'lab', basedOn: 1 }, 'anna'),
  ])
  expect(theirs.status).toBe('fulfilled')
  expect(mine).toMatchObject({ reason: { message: expect.stringMatching(/ben has saved/) as string } })
  expect(views.topic.value.views['lab']).toMatchObject({ title: 'Theirs', revision: 2 })
  await views.save({ ...body, title: 'Mine', name: 'lab' }, 'anna')
  expect(views.topic.value.views['lab']).toMatchObject({ title: 'Mine', revision: 3 })
  await views.delete('lab')
  await expect(views.save({ ...body, name: 'lab', basedOn: 3 }, 'anna')).rejects.toThrow(/deleted meanwhile/)
})

it('lets the view of all be replaced, and brings it back when that is deleted', async () => {
  await using tables = await openTables()
  const views = await Views.open(tables, all, log)
  await expect(views.delete('all')).rejects.toThrow(/bridge's own/)
  await views.save({ ...body, name: 'all', basedOn: 0 }, 'anna')
  expect(views.topic.value.views['all']).toMatchObject({ title: 'Lab', revision: 1 })
  await views.delete('all')
  expect(views.topic.value.views['all']).toEqual(all)
  await expect(views.delete('none')).rejects.toThrow(/no view/)
})

it('has a bound', async () => {
  await using tables = await openTables()
  const views = await Views.open(tables, all, log)
  for (let i = 1; i < MOST_VIEWS; i++) await views.save({ ...body, name: `v${i}` }, 'anna')
  await expect(views.save({ ...body, name: 'more' }, 'anna')).rejects.toThrow(/delete one first/)
  expect((await views.save({ ...body, name: 'v1' }, 'anna')).revision).toBe(2)
})

it('does not show a view that it cannot read, and keeps it', async () => {
  await using tables = await openTables()
  await (await Views.open(tables, all, log)).save({ ...body, name: 'lab' }, 'anna')
  await tables.run(`UPDATE view SET body = '{"name":"lab","pages":7}'`)
  expect((await Views.open(tables, all, log)).list()).toEqual([all])
  expect(await tables.get('SELECT count(*) AS n FROM view')).toEqual({ n: 1 })
})
