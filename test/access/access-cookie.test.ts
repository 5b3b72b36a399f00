import { describe, expect, it } from 'vitest'
import { SessionCookie } from '../../bridge/access/cookie.ts'

const plain = new SessionCookie('0a1b', false)
const secured = new SessionCookie('0a1b', true)
const SECRET = `${'Ab0_-'.repeat(8)}xyz`

/** Attributes of a Set-Cookie header, the cookie itself first. */
const parts = (header: string): string[] => header.split('; ')

describe('the cookie of a session', () => {
  it('is hidden from scripts and not sent along by other sites', () => {
    const [cookie, ...attributes] = parts(plain.header(SECRET, 90_500))
    expect(cookie).toBe(`lightbench-0a1b=${SECRET}`)
    expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=90', 'Path=/', 'SameSite=Lax'])
  })

  it('is bound to TLS and to this host where there is TLS', () => {
    const [cookie, ...attributes] = parts(secured.header(SECRET, 90_000))
    expect(cookie).toBe(`__Host-lightbench-0a1b=${SECRET}`)
    expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']))
    expect(attributes.join()).not.toMatch(/Domain/i)
  })

  it.each([
    ['plain', plain],
    ['TLS', secured],
  ])('is taken back with the attributes it was given with (%s)', (_, cookie) => {
    const without = (header: string): string[] =>
      parts(header).filter((part) => !/^(Max-Age|\S*lightbench-0a1b)=/.test(part))
    const taken = cookie.header(undefined, 90_000)
    expect(taken).toMatch(/lightbench-0a1b=; .*Max-Age=0/)
    expect(without(taken)).toEqual(without(cookie.header(SECRET, 90_000)))
  })
})

describe('a Cookie header', () => {
  it('gives the secret from among other cookies', () => {
    expect(plain.secretIn(`a=b; lightbench-0a1b=${SECRET};c=d`)).toBe(SECRET)
    expect(secured.secretIn(`__Host-lightbench-0a1b=${SECRET}`)).toBe(SECRET)
  })

  it.each([
    undefined,
    '',
    ';;=;',
    'lightbench-0a1b',
    'lightbench-0a1b=',
    'lightbench-0a1b="quoted"',
    `lightbench-0a1b=${SECRET}x`,
    `lightbench-0a1b=${SECRET.slice(1)}`,
    `lightbench-0a1b=${SECRET.slice(1)};`,
    `xlightbench-0a1b=${SECRET}`,
    `Lightbench-0a1b=${SECRET}`,
    `lightbench-0a1c=${SECRET}`,
    `lightbench=${SECRET}`,
  ])('gives nothing for %j', (header) => {
    expect(plain.secretIn(header)).toBeUndefined()
  })

  it('does not take the cookie that anybody on the network could have set for the one of TLS', () => {
    expect(secured.secretIn(`lightbench-0a1b=${SECRET}`)).toBeUndefined()
    expect(plain.secretIn(`__Host-lightbench-0a1b=${SECRET}`)).toBeUndefined()
  })
})
