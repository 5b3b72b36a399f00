import { expect, it } from 'vitest'
import { ownerOf, owns, personOf } from '../../bridge/core/owner.ts'
import { ViewerIds } from '../../bridge/core/viewer-ids.ts'
import type { PageBrowser } from '../../bridge/watches/kinds/page/browser/browser.ts'
import { Pickers } from '../../bridge/watches/kinds/page/browser/pickers.ts'
import { Answers } from '../../bridge/instrument/share/answers.ts'
import { PassingPictures } from '../../bridge/watches/api/passing.ts'
import { pickerHandlers } from '../../bridge/watches/kinds/page/picker.ts'
import { callerAs } from '../support/caller.ts'

const anna = callerAs({ name: 'anna', key: 'session-1', client: 'aaaaaaaaaaaa' })
const annaElsewhere = callerAs({ name: 'anna', key: 'session-1', client: 'bbbbbbbbbbbb' })
const token = callerAs({ name: 'anna', via: 'token', key: 'token-1', client: 'aaaaaaaaaaaa' })

it('gives an object to the page that made it, as who it was', () => {
  expect(owns(ownerOf(anna), anna)).toBe(true)
  expect(owns(ownerOf(anna), annaElsewhere)).toBe(false)
  expect(owns(ownerOf(anna), token)).toBe(false)
})

it('takes a token that bears a user’s name for somebody else', () => {
  expect(personOf(token)).not.toBe(personOf(anna))
  expect(personOf(annaElsewhere)).toBe(personOf(anna))
})

it('names a viewer twice: what others see opens nothing, and the other only to its page', () => {
  const ids = new ViewerIds()
  const { id, shown } = ids.add(anna)
  expect(ids.shownOf(id, anna)).toBe(shown)
  expect(ids.shownOf(shown, anna)).toBeUndefined()
  expect(ids.shownOf(id, token)).toBeUndefined()
  ids.remove(id)
  expect(ids.shownOf(id, anna)).toBeUndefined()
})

it('shows a picture of a draft to whoever tried it, on any page of theirs', () => {
  const pictures = new PassingPictures()
  const name = pictures.add(new Uint8Array([1]), anna)
  expect(pictures.get(name, annaElsewhere)).toEqual(new Uint8Array([1]))
  expect(pictures.get(name, token)).toBeUndefined()
})

it('gives a long answer of the console to whoever has asked, on any page of theirs', () => {
  const answers = new Answers()
  const id = answers.keep('dut', Buffer.from('x'), anna)
  expect(answers.get('dut', id, annaElsewhere)).toEqual(Buffer.from('x'))
  expect(() => answers.get('dut', id, token)).toThrow('kept no longer')
  expect(() => answers.get('other', id, anna)).toThrow('kept no longer')
})

it('lets a page that is open for picking be asked by whoever opened it alone', async () => {
  const look = { url: 'http://a/', title: '', width: 1, height: 1, png: new Uint8Array() }
  const visit = { run: () => Promise.resolve(look), leave: () => Promise.resolve(undefined) }
  using pickers = new Pickers({ visit: () => Promise.resolve(visit) } as unknown as PageBrowser)
  const handlers = pickerHandlers(pickers, {
    passing: new PassingPictures(),
    secrets: { sendable: () => ({}) },
    known: () => Promise.reject(new Error('no watch is there')) as never,
  })
  const { picker } = await handlers['picker.open']!({ url: 'http://a/', steps: [] }, anna)
  const asked = {
    at: (caller: typeof anna) => handlers['picker.at']!({ picker, x: 0, y: 0, up: 0 }, caller),
    step: (caller: typeof anna) => handlers['picker.step']!({ picker, step: { do: 'screenshot' } }, caller),
    close: (caller: typeof anna) => handlers['picker.close']!({ picker }, caller),
  }
  for (const [name, ask] of Object.entries(asked)) {
    for (const other of [annaElsewhere, token]) {
      await expect((async () => ask(other))(), name).rejects.toMatchObject({ code: 'watch.failed' })
    }
    await expect(ask(anna), name).resolves.toBeDefined()
  }
})
