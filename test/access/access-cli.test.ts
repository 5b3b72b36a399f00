import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { Access } from '../../bridge/access/access.ts'
import type { Group } from '../../bridge/cli/action.ts'
import { tokenActions } from '../../bridge/cli/token.ts'
import { userActions } from '../../bridge/cli/user.ts'
import { Database } from '../../bridge/store/database.ts'
import { databaseFile } from '../../bridge/store/sqlite.ts'
import { ADDRESS, DAY, PASSWORD } from './access-rig.ts'

/** The promise is 250 ms; the rest is for a machine that has other things to do. */
const SEEN_WITHIN_MS = 1000

const MAIN = fileURLToPath(new URL('../../bridge/cli/main.ts', import.meta.url))

/** A bench of two devices, one of them told wrong, that no bridge runs yet. */
class CliRig {
  readonly folder = mkdtempSync(join(tmpdir(), 'lightbench-'))
  readonly config = join(this.folder, 'bench.yaml')

  constructor() {
    writeFileSync(this.config, 'devices: { microscope: { driver: camera.sim }, broken: { driver: no.such } }')
  }

  /** Runs `lightbench …` inside this process, and answers what it printed. */
  async run(group: Group, verb: string, args: string[], password = PASSWORD): Promise<string> {
    let printed = ''
    await group[verb]!.run([...args, '--config', this.config], {
      print: (line) => void (printed += `${line}\n`),
      note: () => {},
      askSecret: () => Promise.resolve(password),
    })
    return printed
  }

  /** Runs it as a program with this on its standard input. */
  async program(args: string[], input: string): Promise<{ code: number; out: string; err: string }> {
    const child = spawn(process.execPath, [MAIN, ...args, '--config', this.config])
    child.stdin.end(input)
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number]>,
    ])
    return { code, out, err }
  }

  /** As a bridge that runs beside the command line has it. */
  async bridge(): Promise<{ access: Access; database: Database } & AsyncDisposable> {
    await using opening = new AsyncDisposableStack()
    const file = databaseFile(join(this.folder, 'data'))
    const database = opening.use(await Database.open({ file, log: pino({ level: 'silent' }) }))
    const access = opening.use(
      await Access.open(database, { limits: { idleMs: DAY, mostMs: DAY }, secure: false }),
    )
    const open = opening.move()
    return { access, database, [Symbol.asyncDispose]: () => open.disposeAsync() }
  }
}

describe('lightbench user', () => {
  it('adds and lists, though a device of the bench is told wrong', async () => {
    const rig = new CliRig()
    await rig.run(userActions, 'add', ['ada', '--role', 'administrator'])
    await rig.run(userActions, 'add', ['bob'])
    const rows = (await rig.run(userActions, 'list', [])).trimEnd().split('\n')
    expect(rows[0]).toMatch(/^NAME +ROLE +DEVICES +ADDED +LAST SEEN +SESSIONS$/)
    expect(rows[1]).toMatch(/^ada +administrator +all +\d{4}-\d\d-\d\d \d\d:\d\d +- +0$/)
    expect(rows[2]).toMatch(/^bob +viewer /)
    await using bridge = await rig.bridge()
    await expect(bridge.access.signIn('ada', PASSWORD, ADDRESS)).resolves.toBeTypeOf('string')
  })

  it('binds to devices, and takes none that there is not', async () => {
    const rig = new CliRig()
    await rig.run(userActions, 'add', ['bob', '--device', 'microscope'])
    expect(await rig.run(userActions, 'list', [])).toMatch(/^bob +viewer +microscope +/m)
    await rig.run(userActions, 'devices', ['bob', '--device', 'microscope', '--device', 'broken'])
    expect(await rig.run(userActions, 'list', [])).toMatch(/^bob +viewer +microscope,broken +/m)
    await rig.run(userActions, 'devices', ['bob'])
    expect(await rig.run(userActions, 'list', [])).toMatch(/^bob +viewer +all +/m)
    await expect(rig.run(userActions, 'devices', ['bob', '--device', 'telescope'])).rejects.toThrow(
      'there are microscope, broken',
    )
  })

  it('changes what a bridge beside it goes by, soon', async () => {
    const rig = new CliRig()
    await rig.run(userActions, 'add', ['ada', '--role', 'administrator'])
    await rig.run(userActions, 'add', ['bob', '--role', 'operator'])
    await using bridge = await rig.bridge()
    const signIn = async (password: string): Promise<string> =>
      bridge.access.cookie.header(await bridge.access.signIn('bob', password, ADDRESS), DAY)
    const within = { timeout: SEEN_WITHIN_MS, interval: 5 }
    const roleBy = (cookie: string) =>
      expect.poll(() => bridge.access.identify(cookie.split(';')[0], undefined)?.role, within)
    const cookie = await signIn(PASSWORD)
    await rig.run(userActions, 'role', ['bob', 'viewer'])
    await roleBy(cookie).toBe('viewer')
    await rig.run(userActions, 'passwd', ['bob'], 'another good one')
    await roleBy(cookie).toBeUndefined()
    const again = await signIn('another good one')
    await rig.run(userActions, 'remove', ['bob'])
    await roleBy(again).toBeUndefined()
  })

  it('goes by the same rules as the bridge', async () => {
    const rig = new CliRig()
    await rig.run(userActions, 'add', ['ada', '--role', 'administrator'])
    const refused = (verb: string, args: string[], password?: string): Promise<string> =>
      rig.run(userActions, verb, args, password).catch((error: unknown) => (error as Error).message)
    expect(await refused('remove', ['ada'])).toContain('last administrator')
    expect(await refused('role', ['ada', 'viewer'])).toContain('last administrator')
    expect(await refused('add', ['ada'])).toContain('there is a user "ada"')
    expect(await refused('add', ['bob'], 'short')).toContain('12 characters')
    expect(await refused('add', ['Bob!'])).toContain('a user is named by')
    expect(await refused('add', ['bob', '--role', 'king'])).toContain('there are viewer, operator')
    expect(await refused('passwd', ['eve'])).toContain('there is no user "eve"')
    expect(await refused('role', ['ada'])).toBe('ROLE is missing')
    expect(await refused('remove', ['a', 'b'])).toContain('"b" is one word too many')
  })
})

describe('lightbench token', () => {
  it('makes one for some devices and days, lists it without its secret, and revokes it', async () => {
    const rig = new CliRig()
    const args = ['wall kiosk', '--device', 'microscope', '--days', '7']
    const secret = (await rig.run(tokenActions, 'add', args)).trim()
    await using bridge = await rig.bridge()
    const known = bridge.access.identify(undefined, `Bearer ${secret}`)
    expect(known).toMatchObject({
      name: 'wall kiosk',
      role: 'viewer',
      scope: { devices: ['microscope'] },
    })
    const [made] = bridge.access.tokens.list()
    expect((made!.expiresAt! - made!.createdAt) / DAY).toBeCloseTo(7, 3)
    const listed = await rig.run(tokenActions, 'list', [])
    expect(listed).toMatch(new RegExp(`^${known!.key} +wall kiosk +viewer +microscope +command line `, 'm'))
    expect(listed).not.toContain(secret.slice(3))
    await rig.run(tokenActions, 'revoke', [known!.key])
    await expect.poll(() => bridge.access.tokens.list(), { timeout: SEEN_WITHIN_MS }).toEqual([])
  })

  it('lets a token end by itself unless told otherwise', async () => {
    const rig = new CliRig()
    await rig.run(tokenActions, 'add', ['a'])
    await rig.run(tokenActions, 'add', ['b', '--forever'])
    await using bridge = await rig.bridge()
    const ends = bridge.access.tokens.list().map(({ name, expiresAt }) => [name, expiresAt !== undefined])
    expect(Object.fromEntries(ends)).toEqual({ a: true, b: false })
  })

  it.each([
    [['a', '--device', 'telescope'], 'there are microscope, broken'],
    [['a', '--days', '0'], 'a whole number from 1'],
    [['a', '--days', '1.5'], 'a whole number from 1'],
    [['a', '--days', '1', '--forever'], 'give one of them'],
    [[], 'NAME is missing'],
  ])('refuses %j', async (args, message) => {
    const rig = new CliRig()
    await expect(rig.run(tokenActions, 'add', args)).rejects.toThrow(message)
  })
})

describe('as a program it', () => {
  it('takes a password from a pipe, and says on standard error with code 1 what went wrong', async () => {
    const rig = new CliRig()
    expect(await rig.program(['user', 'add', 'ada'], `${PASSWORD}\nmore\n`)).toMatchObject({
      code: 0,
      err: '',
    })
    const again = await rig.program(['user', 'add', 'ada'], `${PASSWORD}\n`)
    expect(again).toMatchObject({ code: 1, out: '' })
    expect(again.err).toBe('lightbench user add: there is a user "ada" already\n')
    const none = await rig.program(['user', 'add', 'bob'], '')
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('there is no password') })
    await using bridge = await rig.bridge()
    await expect(bridge.access.signIn('ada', PASSWORD, ADDRESS)).resolves.toBeTypeOf('string')
  })

  it('takes no password as an argument, where everybody on the machine could read it', async () => {
    const rig = new CliRig()
    const { code } = await rig.program(['user', 'add', 'ada', '--password', PASSWORD], '')
    expect(code).toBe(1)
    const word = await rig.program(['user', 'passwd', 'ada', PASSWORD], '')
    expect(word).toMatchObject({ code: 1, err: expect.stringContaining('one word too many') })
  })

  it('prints a secret alone on standard output, for a script to take', async () => {
    const rig = new CliRig()
    const { out, err } = await rig.program(['token', 'add', 'a'], '')
    expect(out).toMatch(/^lb_[\w-]{43}\n$/)
    expect(err).toContain('not shown again')
    expect(err).not.toContain('lb_')
  })

  it('does not show a password that is typed on a terminal', async () => {
    const rig = new CliRig()
    const line = `${process.execPath} ${MAIN} user add ada --config ${rig.config}`
    const child = spawn('script', ['-qec', line, '/dev/null'], { env: { ...process.env, SHELL: '/bin/sh' } })
    let shown = ''
    child.stdout.on('data', (bytes: Buffer) => (shown += bytes.toString()))
    for (const prompt of ['Password for ada: ', 'Password for ada, again: ']) {
      await expect.poll(() => shown, { timeout: 10_000 }).toContain(prompt)
      child.stdin.write(`${PASSWORD}\r`)
    }
    const [code] = (await once(child, 'close')) as [number]
    expect(code, shown).toBe(0)
    expect(shown).toContain('ada can sign in')
    expect(shown).not.toContain('horse')
    await using bridge = await rig.bridge()
    await expect(bridge.access.signIn('ada', PASSWORD, ADDRESS)).resolves.toBeTypeOf('string')
  })

  it('leaves all as it was when the two passwords differ, or on Ctrl-C', async () => {
    for (const typed of [[`${PASSWORD}\r`, 'something else\r'], ['corr\u0003']]) {
      const rig = new CliRig()
      const line = `${process.execPath} ${MAIN} user add ada --config ${rig.config}`
      const child = spawn('script', ['-qec', line, '/dev/null'], {
        env: { ...process.env, SHELL: '/bin/sh' },
      })
      let shown = ''
      child.stdout.on('data', (bytes: Buffer) => (shown += bytes.toString()))
      for (const [i, keys] of typed.entries()) {
        const prompt = ['Password for ada: ', 'Password for ada, again: '][i]
        await expect.poll(() => shown, { timeout: 10_000 }).toContain(prompt)
        child.stdin.write(keys)
      }
      const [code] = (await once(child, 'close')) as [number]
      expect(code, shown).toBe(1)
      expect(shown).toMatch(/lightbench user add: .*nothing was changed/)
      await using bridge = await rig.bridge()
      expect(bridge.access.users.empty).toBe(true)
    }
  })
})
