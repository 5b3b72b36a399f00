import { describe, expect, it } from 'vitest'
import { findInJson } from '../../bridge/watches/kinds/page/json-path.ts'

describe('a JSON path', () => {
  const value = { store: { book: [{ t: 'a', 'price x': 1 }, { t: 'b' }, { t: 'c' }] }, t: 'top' }

  it.each([
    ['$', [value]],
    ['$.store.book[0].t', ['a']],
    ['$.store.book[-1].t', ['c']],
    ['$.store.book[*].t', ['a', 'b', 'c']],
    ['$.store.book[1:].t', ['b', 'c']],
    ['$.store.book[::-1].t', ['c', 'b', 'a']],
    [`$['store']["book"][0]['price x']`, [1]],
    ['$..t', ['top', 'a', 'b', 'c']],
    ['$.store.book[3]', []],
    ['$.store.book[-4]', []],
    ['$.constructor', []],
    [`$.store.book[0, -1]['t', "none"]`, ['a', 'c']],
    ['$.store.book[?@.t]', value.store.book],
    ['$.store.book[?(!@["price x"] && @.t != "c")].t', ['b']],
    ["$.store.book[?@.t == 'a' || @.t >= 'c'].t", ['a', 'c']],
    ['$..book[?@["price x"] < 1.5e0].t', ['a']],
    ['$.store.book[?@.none == $.none].t', ['a', 'b', 'c']],
    ['$.store.book[?@.t == $.t].t', []],
    ['$.store[?length(@) == 3 && count(@.*) > 2][0].t', ['a']],
    ["$.store.book[?match(@.t, '[ab]')].t", ['a', 'b']],
    ["$[?search(@, 'o')]", ['top']],
  ])('%s', (path, found) => expect(findInJson(value, path)).toEqual(found))

  it('is refused when it cannot be read', () => {
    for (const path of [
      '$.',
      '$[?]',
      '$[?@.t == ]',
      '$[?@.* == 1]',
      "$[?match(@.t, '[')]",
      '$[?process.exit()]',
      '$.a b',
      '$[',
    ])
      expect(() => findInJson(value, path), path).toThrow(/cannot be read/)
  })
})
