import { expect, it } from 'vitest'
import { deviceHref, hrefOf, PAGES, parseHash } from '../../web/ui/route.ts'

it.each([
  ['', { page: 'bench' }],
  ['#', { page: 'bench' }],
  ['#/', { page: 'bench' }],
  ['#/people', { page: 'people' }],
  ['#/people/', { page: 'people' }],
  ['#/audit?who=anna', { page: 'audit' }],
  ['#/set-up', { page: 'set-up' }],
  ['#/set-up?key=a%2Fb-c_d', { page: 'set-up', key: 'a/b-c_d' }],
  ['#/sign-in?key=x', { page: 'sign-in' }],
  ['#/measure/slide', { page: 'measure', camera: 'slide' }],
  ['#/measure/slide/', { page: 'measure', camera: 'slide' }],
  ['#/publish/guest', { page: 'publish', camera: 'guest' }],
  ['#/turret/eagle', { page: 'turret', turret: 'eagle' }],
  ['#/bench/laser', { page: 'bench', device: 'laser' }],
  ['#/nowhere', { page: 'bench' }],
  ['#__proto__', { page: 'bench' }],
])('reads %j', (hash, route) => {
  expect(parseHash(hash)).toEqual(route)
})

it('finds every page at its own address', () => {
  for (const page of PAGES) expect(parseHash(hrefOf(page))).toEqual({ page })
})

it('finds every device where it is operated', () => {
  expect(parseHash(deviceHref('eagle', 'turret'))).toEqual({ page: 'turret', turret: 'eagle' })
  expect(parseHash(deviceHref('laser', 'instrument'))).toEqual({ page: 'bench', device: 'laser' })
})
