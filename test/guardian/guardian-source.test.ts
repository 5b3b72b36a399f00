import { expect, it } from 'vitest'
import { guardianSource } from '../../bridge/server/guardian-source.ts'

it('is the host that the page was asked for at, with the port of the guardian', () => {
  expect(guardianSource('127.0.0.1:8080', 8081)).toBe('127.0.0.1:8081')
  expect(guardianSource('bench.lab.example', 8081)).toBe('bench.lab.example:8081')
})

it('is nothing where pages have no other port to talk to', () => {
  expect(guardianSource('bench.lab:8080', undefined)).toBe('')
})

it('is the port alone where the policy cannot name the host', () => {
  expect(guardianSource('[::1]:8080', 8081)).toBe('*:8081')
  expect(guardianSource(undefined, 8081)).toBe('*:8081')
})

it('takes nothing into the policy that is no host', () => {
  for (const host of ['a; script-src *', "x, 'unsafe-inline'", 'a b:80', '*', 'http://evil.example']) {
    expect(guardianSource(host, 8081)).toBe('*:8081')
  }
})
