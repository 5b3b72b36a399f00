import { describe, expect, it } from 'vitest'
import { cookieFor, secretIn } from '../../bridge/access/cookie.ts'

const SECRET = `${'Ab0_-'.repeat(8)}xyz`

/** Attributes of a Set-Cookie header, the cookie itself first. */
const parts = (header: string): string[] => header.split('; ')

describe('the cookie of a session', () => {
  it('is hidden from scripts and not sent along by other sites', () => {
    const [cookie, ...attributes] = parts(cookieFor(SECRET, false, 90_500))
    expect(cookie).toBe(`lightbench=${SECRET}`)
    expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=90', 'Path=/', 'SameSite=Lax'])
  })

  it('is bound to TLS and to this host where there is TLS', () => {
    const [cookie, ...attributes] = parts(cookieFor(SECRET, true, 90_000))
    expect(cookie).toBe(`__Host-lightbench=${SECRET}`)
    expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']))
    expect(attributes.join()).not.toMatch(/Domain/i)
  })

  it.each([false, true])('is taken back with the attributes it was given with (TLS: %s)', (secure) => {
    const without = (header: string): string[] =>
      parts(header).filter((part) => !/^(Max-Age|\S*lightbench)=/.test(part))
    const taken = cookieFor(undefined, secure, 90_000)
    expect(taken).toMatch(/lightbench=; .*Max-Age=0/)
    expect(without(taken)).toEqual(without(cookieFor(SECRET, secure, 90_000)))
  })
})

describe('a Cookie header', () => {
  it('gives the secret from among other cookies', () => {
    expect(secretIn(`a=b; lightbench=${SECRET};c=d`, false)).toBe(SECRET)
    expect(secretIn(`__Host-lightbench=${SECRET}`, true)).toBe(SECRET)
  })

  it.each([
    undefined,
    '',
    ';;=;',
    'lightbench',
    'lightbench=',
    'lightbench="quoted"',
    `lightbench=${SECRET}x`,
    `lightbench=${SECRET.slice(1)}`,
    `lightbench=${SECRET.slice(1)};`,
    `xlightbench=${SECRET}`,
    `Lightbench=${SECRET}`,
  ])('gives nothing for %j', (header) => {
    expect(secretIn(header, false)).toBeUndefined()
  })

  it('does not take the cookie that anybody on the network could have set for the one of TLS', () => {
    expect(secretIn(`lightbench=${SECRET}`, true)).toBeUndefined()
    expect(secretIn(`__Host-lightbench=${SECRET}`, false)).toBeUndefined()
  })
})
