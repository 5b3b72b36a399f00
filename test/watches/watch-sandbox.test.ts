import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PageBrowser } from '../../bridge/watches/kinds/page/browser/browser.ts'
import { makeProfileFolder } from '../../bridge/watches/kinds/page/browser/profile-folder.ts'
import { type PagesConfig, watchesConfig } from '../../bridge/watches/config.ts'
import { childrenOf } from '../support/children.ts'
import { grantsNamespaces, NOBODY } from '../support/namespaces.ts'
import { Site } from '../support/site.ts'

const isRoot = process.getuid?.() === 0
const options = { deadlineS: 60 }
let site: Site
beforeAll(async () => {
  site = await Site.open({ '/': '<h1>well</h1>' })
})
afterAll(() => site[Symbol.asyncDispose]())

interface Seen {
  browser: PageBrowser
  reasons: (string | undefined)[]
  folder: string
  check: () => Promise<{ body: string }>
}

function open(pages: Partial<PagesConfig>): Seen {
  const reasons: (string | undefined)[] = []
  const folder = mkdtempSync(join(tmpdir(), 'lightbench-'))
  const browser = new PageBrowser({
    pages: { ...watchesConfig.parse({}).pages, allow: ['127.0.0.1'], ...pages },
    folder,
    log: pino({ level: 'silent' }),
    died: () => {},
    unavailable: (why) => reasons.push(why),
  })
  const check = () =>
    browser.check({ url: site.url('/'), steps: [], select: undefined, json: undefined, secrets: {} }, options)
  return { browser, reasons, folder, check }
}

interface Chromium {
  uid: number
  command: string
  /** In how many PID namespaces it is, one in the other. */
  depth: number
}

/** Chromium with this profile, and all that it has started, from /proc (proc(5)). */
async function chromiums(folder: string): Promise<Chromium[]> {
  const kept = readFileSync(join(folder, 'profile-folder'), 'utf8')
  const found: Chromium[] = []
  async function add(pid: number, command: string): Promise<void> {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const field = (name: string): string[] =>
      (new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/)
    found.push({ uid: Number(field('Uid')[0]), command, depth: field('NSpid').length })
    for (const child of await childrenOf(pid)) await add(child.pid, child.command)
  }
  for (const host of await childrenOf(process.pid))
    for (const child of await childrenOf(host.pid))
      if (child.command.includes(kept)) await add(child.pid, child.command)
  return found
}

it.runIf(isRoot && grantsNamespaces())(
  'a bridge that is root opens pages as nobody, and in the sandbox',
  { timeout: 90_000 },
  async () => {
    const { browser, reasons, folder, check } = open({})
    await using _ = browser
    expect((await check()).body).toContain('well')
    expect(reasons).toEqual([undefined])
    const all = await chromiums(folder)
    expect(all.length).toBeGreaterThan(2)
    expect(new Set(all.map(({ uid }) => uid))).toEqual(new Set([NOBODY]))
    expect(all.some(({ command }) => command.includes('--no-sandbox'))).toBe(false)
    // The zygote, of which every page's process is a copy, is nested in a namespace of its own.
    const here = Math.min(...all.map(({ depth }) => depth))
    expect(all.some(({ command, depth }) => command.includes('--type=zygote') && depth > here)).toBe(true)
    const kept = readFileSync(join(folder, 'profile-folder'), 'utf8')
    await browser[Symbol.asyncDispose]()
    expect(existsSync(kept)).toBe(false)
  },
)

it('says so, and opens nothing, where the machine grants no sandbox', { timeout: 60_000 }, async () => {
  const fake = join(mkdtempSync(join(tmpdir(), 'lightbench-')), 'chromium')
  writeFileSync(
    fake,
    '#!/bin/sh\necho "[1:1:0101/000000.1:FATAL:zygote_host_impl_linux.cc(128)] No usable sandbox!" >&2\nexit 1\n',
  )
  chmodSync(fake, 0o755)
  execFileSync('chmod', ['755', join(fake, '..')])
  const { browser, reasons, check } = open({ chromium: fake })
  await using _ = browser
  await expect(check()).rejects.toMatchObject({
    code: 'watch.browser',
    message: expect.stringMatching(
      /^Chromium has no sandbox on this machine.*watches\.pages\.sandbox: false$/,
    ),
  })
  expect(reasons[0]).toMatch(/^Chromium has no sandbox/)
})

it(
  'opens pages without a sandbox where that is written, and as nobody still',
  { timeout: 90_000 },
  async () => {
    const { browser, folder, check } = open({ sandbox: false })
    await using _ = browser
    expect((await check()).body).toContain('well')
    if (!isRoot) return
    const all = await chromiums(folder)
    expect(new Set(all.map(({ uid }) => uid))).toEqual(new Set([NOBODY]))
    expect(all.some(({ command }) => command.includes('--no-sandbox'))).toBe(true)
    expect(new Set(all.map(({ depth }) => depth)).size).toBe(1)
  },
)

it('a note that somebody has changed makes no other folder disappear', () => {
  const kept = mkdtempSync(join(tmpdir(), 'lightbench-'))
  const other = mkdtempSync(join(tmpdir(), 'lightbench-browser-'))
  const outside = mkdtempSync(join(tmpdir(), 'lightbench-'))
  for (const path of [other, outside]) {
    writeFileSync(join(kept, 'profile-folder'), path)
    makeProfileFolder(kept, false)
    expect(existsSync(path)).toBe(true)
  }
})

it.runIf(isRoot)('deletes the profile of a browser that was killed', () => {
  const kept = mkdtempSync(join(tmpdir(), 'lightbench-'))
  const first = makeProfileFolder(kept)
  const second = makeProfileFolder(kept)
  expect([existsSync(first.path), existsSync(second.path), second.asNobody]).toEqual([false, true, true])
  makeProfileFolder(kept, false)
  expect(existsSync(second.path)).toBe(false)
})
