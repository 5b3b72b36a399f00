import { expect, it } from 'vitest'
import { publicRefOf } from '../../bridge/core/client-ref.ts'
import { callerOf, type Identity } from '../../bridge/server/who.ts'
import { clientRef } from '../../shared/control/control.ts'

const ada: Identity = { name: 'ada', role: 'operator', via: 'session', key: '0123456789abcdef' }
const PAGE = 'a'.repeat(32)
const clientOf = (identity: Identity, page: string): string =>
  callerOf(identity, page, 'test', new AbortController().signal).client

it('knows a page that reconnects, and takes no two sessions, pages or ways in for one', () => {
  const others = [
    clientOf(ada, 'b'.repeat(32)),
    clientOf({ ...ada, key: 'fedcba9876543210' }, PAGE),
    clientOf({ ...ada, via: 'token' }, PAGE),
    clientOf(ada, ''),
  ]
  expect(clientOf(ada, PAGE)).toBe(clientOf(ada, PAGE))
  expect(new Set([clientOf(ada, PAGE), ...others]).size).toBe(5)
})

it('tells others of a client nothing by which they could become it', () => {
  const client = clientOf(ada, PAGE)
  expect(client).toMatch(/^[0-9a-f]{64}$/)
  expect(clientRef.parse(publicRefOf(client))).not.toBe(client.slice(0, 12))
})
