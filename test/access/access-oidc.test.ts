import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { IdentityProvider } from '../support/identity-provider.ts'
import { ask, type Headers, post, setUp, signedIn } from '../support/people.ts'

let lab: IdentityProvider
let bridge: Awaited<ReturnType<typeof startBridge>>
let url: string
let admin: Headers

beforeAll(async () => {
  lab = await IdentityProvider.listen()
  const groups = { 'lab-admins': 'administrator', 'lab-staff': 'operator', guests: 'viewer' }
  const oidc = { ...lab.config, clientSecretFile: 'secret', groups, title: 'the lab' }
  const file = await writeBench({ server: { localRole: 'none', oidc } })
  await writeFile(join(dirname(file), 'secret'), `${lab.secret}\n`)
  bridge = await startBridge(file)
  url = bridge.ready.url
  lab.meet(`${url}/api/oidc/callback`)
  admin = await setUp(url, bridge.output)
}, 60_000)
afterAll(async () => {
  await bridge.end()
  await lab[Symbol.asyncDispose]()
})

beforeEach(() => lab.people.clear())

/** A browser that follows redirects and keeps a jar for each place, as people's do. */
class Browser {
  readonly #jars = new Map<string, Map<string, string>>()

  /** Where it ends up, and what it is shown there. It goes no further than to the page, or to an address that has `until`. */
  async open(address: string, until?: string): Promise<{ url: URL; status: number; text: string }> {
    let url = new URL(address)
    for (let hops = 0; hops < 10; hops++) {
      const jar = this.#jars.get(url.host) ?? new Map<string, string>()
      this.#jars.set(url.host, jar)
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await fetch(url, { redirect: 'manual', headers: { cookie } })
      for (const set of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = set.split(';', 1)[0]!.split('=', 2)
        if (value === '') jar.delete(name)
        else jar.set(name, value)
      }
      const location = answer.headers.get('location')
      const text = await answer.text()
      if (location === null) return { url, status: answer.status, text }
      url = new URL(location, url)
      if (url.hash !== '' || (until !== undefined && url.href.includes(until)))
        return { url, status: answer.status, text }
    }
    throw new Error(`${address} leads nowhere`)
  }

  /** What it sends to the bench. */
  get headers(): Headers {
    const jar = this.#jars.get(new URL(url).host) ?? new Map<string, string>()
    return { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }
  }

  signIn(query = ''): Promise<{ url: URL; status: number; text: string }> {
    return this.open(`${url}/api/oidc/start${query}`)
  }
}

/** Somebody of the lab, at a browser of their own. */
function come(sub: string, groups: string[], name = sub): Browser {
  lab.people.set(sub, { preferred_username: name, groups })
  lab.person = sub
  return new Browser()
}

it('lets people in by the identity provider, in the strongest role of their groups, and back to their page', async () => {
  const browser = come('otto', ['guests', 'lab-staff', 'football'])
  expect((await browser.signIn('?page=%23/traces')).url.href).toBe(`${url}/#/traces`)
  const me = await ask(url, browser.headers, 'session.hello', {})
  expect(me).toMatchObject({ name: 'otto', role: 'operator', via: 'session' })
  expect(await ask(url, browser.headers, 'session.credentials', {})).toMatchObject({
    kind: 'oidc',
    enrolled: false,
  })
  expect(await ask(url, admin, 'user.list', {})).toContainEqual(
    expect.objectContaining({ name: 'otto', kind: 'oidc' }),
  )
  const offered = await fetch(`${url}/api/sign-in`)
  expect(await offered.json()).toEqual({ ok: true, value: { provider: 'the lab' } })
  const [line] = await ask(url, admin, 'audit.read', { action: 'oidc/callback' })
  expect(line).toMatchObject({ who: 'otto', outcome: 'ok' })
})

it('takes the page from the address as a page of the bench alone', async () => {
  const browser = come('otto', ['lab-staff'])
  for (const page of ['//evil.example', 'https://evil.example', '%23/%0d%0aSet-Cookie:a=b'])
    expect((await browser.signIn(`?page=${page}`)).url.href, page).toBe(`${url}/#/`)
})

it('turns away whoever has no group with a role, and ends what they had', async () => {
  const stranger = await come('eve', ['football']).signIn()
  expect(stranger).toMatchObject({
    status: 403,
    text: expect.stringContaining('none of your groups (football)') as string,
  })
  const anna = come('anna', ['lab-admins'])
  await anna.signIn('?anew=1')
  const { secret } = await ask(url, anna.headers, 'token.add', { name: 'script', role: 'operator' })
  const again = come('anna', ['football'])
  expect(await again.signIn()).toMatchObject({ status: 403 })
  await expect(ask(url, anna.headers, 'session.hello', {})).rejects.toMatchObject({
    code: 'session.required',
  })
  const token = { authorization: `Bearer ${secret}` }
  await expect(ask(url, token, 'session.hello', {})).rejects.toMatchObject({ code: 'session.required' })
})

it('gives the role that somebody has now to the sessions that they have', async () => {
  const first = come('hans', ['lab-admins'])
  await first.signIn()
  for (const [group, role] of [
    ['guests', 'viewer'],
    ['lab-staff', 'operator'],
  ] as const) {
    await come('hans', [group]).signIn()
    expect(await ask(url, first.headers, 'session.hello', {})).toMatchObject({ role })
  }
})

it('takes nobody of the provider for a user of the bench, nor for another of the provider', async () => {
  await signedIn(url, admin, 'vera', 'administrator')
  const impostor = await come('subject-1', ['guests'], 'vera').signIn()
  expect(impostor).toMatchObject({
    status: 409,
    text: expect.stringContaining('another user &#34;vera&#34;') as string,
  })
  await come('subject-2', ['guests'], 'Maria@example.org').signIn()
  expect(await come('subject-3', ['lab-admins'], 'maria@elsewhere.org').signIn()).toMatchObject({
    status: 409,
  })
  const renamed = come('subject-2', ['guests'], 'mary')
  await renamed.signIn()
  expect(await ask(url, renamed.headers, 'session.hello', {})).toMatchObject({ name: 'maria' })
  expect(await come('subject-4', ['guests'], '../../etc').signIn()).toMatchObject({ status: 400 })
})

it('has no password, and proves who it is at the provider', async () => {
  const anna = come('anton', ['lab-admins'])
  await anna.signIn()
  const add = () => ask(url, anna.headers, 'token.add', { name: 'a', role: 'viewer' })
  await expect(add()).rejects.toMatchObject({ code: 'proof.required' })
  await expect(ask(url, anna.headers, 'session.prove', { password: '' })).rejects.toThrow('identity provider')
  expect((await post(url, '/api/sign-in', { name: 'anton', password: '' })).status).toBe(401)
  const reset = ask(url, admin, 'user.password', { name: 'anton', password: 'long enough a word' })
  await expect(reset).rejects.toMatchObject({ code: 'input.invalid' })
  await anna.signIn('?anew=1')
  await expect(add()).resolves.toMatchObject({ createdBy: 'anton' })
})

it('takes an answer only from the browser that has begun, and once', async () => {
  const browser = come('otto', ['lab-staff'])
  const answer = await browser.open(`${url}/api/oidc/start`, '/api/oidc/callback')
  const refused = { status: 401, text: expect.stringMatching(/has not begun to sign in/) as string }
  expect(await new Browser().open(answer.url.href), 'another browser').toMatchObject(refused)
  const forged = new URL(answer.url)
  forged.searchParams.set('state', 'another')
  expect(await browser.open(forged.href), 'another state').toMatchObject({ status: 401 })
  const other = come('mallory', ['lab-staff'])
  const others = await other.open(`${url}/api/oidc/start`, '/api/oidc/callback')
  expect(await browser.open(others.url.href), "another's code").toMatchObject({ status: 401 })
  expect((await browser.open(answer.url.href)).url.href).toBe(`${url}/#/`)
  expect(await browser.open(answer.url.href), 'a second time').toMatchObject(refused)
})

it('says in words that the provider lets somebody not in, and none of those in the address', async () => {
  lab.person = undefined
  expect(await new Browser().signIn()).toMatchObject({
    status: 401,
    text: expect.stringContaining('access_denied') as string,
  })
  const browser = come('otto', ['lab-staff'])
  const { url: answer } = await browser.open(`${url}/api/oidc/start`, '/api/oidc/callback')
  answer.searchParams.delete('code')
  answer.searchParams.set('error', '<script>')
  answer.searchParams.set('error_description', 'call this number')
  const { status, text } = await browser.open(answer.href)
  expect(status).toBe(401)
  expect(text).not.toMatch(/<script>|call this number/)
})

it('starts and lets people with passwords in while the provider is away', async () => {
  const oidc = { issuer: 'http://127.0.0.1:1', clientId: 'bench', groups: { a: 'viewer' } }
  await using alone = await startBridge(await writeBench({ server: { localRole: 'none', oidc } }))
  const root = await setUp(alone.ready.url, alone.output)
  expect(await ask(alone.ready.url, root, 'session.hello', {})).toMatchObject({ role: 'administrator' })
  const answer = await fetch(`${alone.ready.url}/api/oidc/start`, { redirect: 'manual' })
  expect(answer.status).toBe(502)
  expect(await answer.text()).toContain('cannot be reached: sign in with a password')
})
