import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificates } from '../../bridge/cli/certificates.ts'
import { type BenchConfig, loadConfig } from '../../bridge/bench/config.ts'
import { drivers } from '../../bridge/bench/drivers.ts'
import { BenchError } from '../../shared/wire/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'lightbench-config-'))
const file = join(folder, 'bench.yaml')
afterAll(() => rmSync(folder, { recursive: true }))

function load(text: string | Uint8Array): Promise<BenchConfig> {
  writeFileSync(file, text)
  return loadConfig(file, drivers)
}

/** The complaint, or `none`, without the folder that the file is in. */
async function complaint(text: string | Uint8Array): Promise<string> {
  const message = await load(text).then(
    () => 'none',
    (error: unknown) => {
      if (error instanceof BenchError && error.code === 'config.invalid') return error.message
      throw error
    },
  )
  return message.replaceAll(`${folder}/`, '')
}

describe('a file that is not what it should be is refused with its line and what to do:', () => {
  it.each([
    [
      'a __proto__ key',
      'title: A\n__proto__:\n  port: 1\n',
      'bench.yaml:2: "__proto__" cannot be a name here',
    ],
    [
      'a device named like a method',
      'devices:\n  constructor:\n    driver: camera.sim\n',
      'bench.yaml:2: "constructor" cannot be a name here',
    ],
    [
      'a key twice',
      'title: A\nserver:\n  port: 1\n  host: localhost\n  port: 2\n',
      'bench.yaml:5: "port" stands here twice: take one',
    ],
    ['a key that is a list', 'title: A\n? [a]\n: b\n', 'bench.yaml:2: a key is a word'],
    ['a tab', 'server:\n\tport: 1\n', 'bench.yaml:2: a tab indents this line: use spaces'],
    ['a tag', 'title: A\ndataDir: !file x\n', 'bench.yaml:2: a tag (`!…`) that means nothing here'],
    ['two documents', 'title: A\n---\ntitle: B\n', 'bench.yaml:2: a second document begins here'],
    [
      'an alias to nothing',
      'title: A\ndataDir: *x\n',
      'bench.yaml:2: *x stands for nothing: there is no &x before it',
    ],
    [
      'an alias inside of itself',
      'title: A\ndevices: &d\n  cam: *d\n',
      'bench.yaml:3: *d stands inside of what it stands for',
    ],
    [
      'a list where a map belongs',
      '- a\n',
      'bench.yaml:1: (the file): Invalid input: expected object, received array',
    ],
    [
      'a name that is too long',
      `devices:\n  ${'a'.repeat(99)}:\n    driver: camera.sim\n`,
      `bench.yaml:2: devices.${'a'.repeat(99)}: `,
    ],
    [
      'a host name with a port',
      'server:\n  names:\n    - good\n    - x:8080\n',
      'bench.yaml:4: server.names.1: a host name has no scheme, port, path or brackets: write x',
    ],
    [
      'a host name with a scheme',
      'server: { names: ["https://lab.example/"] }\n',
      'bench.yaml:1: server.names.0: a host name has no scheme, port, path or brackets: write lab.example',
    ],
    [
      'an address in brackets',
      'server:\n  host: "[::1]:80"\n',
      'bench.yaml:2: server.host: a host name has no scheme, port, path or brackets: write ::1',
    ],
    [
      'a pattern of host names',
      'server: { names: ["*.lab"] }\n',
      'bench.yaml:1: server.names.0: expected a host name',
    ],
    [
      'an origin with a path',
      'server:\n  origins:\n    - https://x/\n',
      'bench.yaml:3: server.origins.0: an origin has no path, name or default port: write https://x',
    ],
    [
      'an origin without a scheme',
      'server: { origins: [lab.example] }\n',
      'bench.yaml:1: server.origins.0: expected the origin of a page such as https://',
    ],
    [
      'bytes that are not UTF-8',
      Uint8Array.of(0x74, 0x3a, 0x20, 0xff, 0xfe),
      'bench.yaml is not UTF-8 text: save it as UTF-8',
    ],
    ['more than 100 kB', '#'.repeat(100_001), 'bench.yaml is larger than 100 kB'],
  ] as [string, string | Uint8Array, string][])('%s', async (_, text, expected) => {
    expect((await complaint(text)).slice(0, expected.length)).toBe(expected)
  })

  it('aliases that multiply', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`)
    expect(await complaint(`a0: &a0 [x]\n${rows.join('\n')}\n`)).toMatch(
      /^bench\.yaml:13: more than 100 aliases \(\*…\): write the values themselves$/,
    )
  })
  it('a folder, a pipe, and what is not there', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const [path, why] of [
      [folder, 'is not a file'],
      [pipe, 'is not a file'],
      [join(folder, 'none'), 'cannot be read (ENOENT'],
    ] as const)
      await expect(loadConfig(path, drivers)).rejects.toThrow(`${path} ${why}`)
  })
  it('a thousand mistakes, of which it tells the first 50', async () => {
    const told = (await complaint(Array.from({ length: 1000 }, (_, i) => `k${i}: 1`).join('\n'))).split('\n')
    expect(told).toHaveLength(51)
    expect(told.at(-1)).toBe('bench.yaml: and 950 more; mend these first')
  })
})

describe('a data folder that', () => {
  const blocked = join(folder, 'blocked')
  beforeAll(() => writeFileSync(blocked, ''))
  it('is a file', async () => {
    expect(await complaint('title: A\ndataDir: blocked\n')).toBe(
      'bench.yaml:2: dataDir: blocked is a file: take it away, or name another folder',
    )
  })
  it('would be in a file', async () => {
    expect(await complaint('dataDir: blocked/a/b\n')).toBe(
      'bench.yaml:1: dataDir: blocked is a file: take it away, or name another folder',
    )
  })
  it('cannot be made', async () => {
    expect(await complaint('\ndataDir: /sys/class/bench\n')).toMatch(
      /^bench\.yaml:2: dataDir: \/sys\/class\/bench cannot be made in \/sys\/class \(E(ROFS|ACCES|PERM)\): let the user/,
    )
  })
  it('does not exist, is taken, and not made by reading', async () => {
    expect((await load('dataDir: new/er\n')).dataDir).toBe(join(folder, 'new/er'))
    expect(() => mkdirSync(join(folder, 'new'))).not.toThrow()
  })
})

describe('TLS files', () => {
  const at = (name: string): string => join(folder, name)
  const yaml = (certificate: string, key: string): string =>
    `server:\n  tls:\n    certificate: ${certificate}\n    key: ${key}\n`
  beforeAll(async () => {
    const made = await makeCertificates(['localhost'], 30)
    const old = await makeCertificates(['localhost'], 30, Date.now() - 90 * 86_400_000)
    writeFileSync(at('good.pem'), made.certificate)
    writeFileSync(at('good-key.pem'), made.key)
    writeFileSync(at('old.pem'), old.certificate)
    writeFileSync(at('old-key.pem'), old.key)
    writeFileSync(at('text'), 'no PEM\n')
    symlinkSync('/dev/zero', at('endless'))
  })
  it.each([
    [
      'missing',
      'none.pem',
      'good-key.pem',
      /^bench\.yaml:3: server\.tls\.certificate: none\.pem cannot be read \(ENOENT.*lightbench tls init$/,
    ],
    ['missing key', 'good.pem', 'none.pem', /^bench\.yaml:4: server\.tls\.key: none\.pem cannot be read/],
    [
      'a device',
      'endless',
      'good-key.pem',
      /^bench\.yaml:3: server\.tls\.certificate: endless cannot be read \(it is no PEM file\)/,
    ],
    [
      'no PEM',
      'text',
      'good-key.pem',
      /^bench\.yaml:3: server\.tls\.certificate: text holds no certificate in PEM form: give a PEM file/,
    ],
    [
      'a certificate for a key',
      'good.pem',
      'good.pem',
      /^bench\.yaml:4: server\.tls\.key: good\.pem holds no private key/,
    ],
    [
      'of two pairs',
      'good.pem',
      'old-key.pem',
      /^bench\.yaml:4: server\.tls\.key: old-key\.pem is not the key of the certificate in good\.pem/,
    ],
    ['that fit', 'good.pem', 'good-key.pem', /^none$/],
  ] as const)('%s', async (_, certificate, key, expected) => {
    expect(await complaint(yaml(certificate, key))).toMatch(expected)
  })
  it('of the authority of a mail server', async () => {
    const mail = '{ kind: mail, server: "smtp://mail.lab", from: a@lab, to: [b@lab], ca: text }'
    expect(await complaint(`watches:\n  notify:\n    olga: ${mail}\n`)).toMatch(
      /^bench\.yaml:3: watches\.notify\.olga\.ca: text holds no certificate/,
    )
  })
  it('that have expired are warned of, and served', async () => {
    const [warning = ''] = (await load(yaml('old.pem', 'old-key.pem'))).warnings
    expect(warning).toMatch(
      /bench\.yaml:3: server\.tls\.certificate: \S+old\.pem expired on 20\d\d-\d\d-\d\d, /,
    )
    expect((await load(yaml('good.pem', 'good-key.pem'))).warnings).toEqual([])
  })
})

describe('whatever the file holds, loading it ends in a bench or in config.invalid, in under a second of CPU time:', () => {
  const cost = async (text: string | Uint8Array): Promise<void> => {
    const before = process.cpuUsage()
    await complaint(text)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(1000)
  }
  const most = 100_000
  it.each([
    '[',
    '{',
    '[]',
    '- ',
    '-\n',
    '? ',
    ': ',
    ',',
    '[,',
    '{a: ',
    '"',
    '&a ',
    '! ',
    '*a ',
    '%a\n',
    "'' ",
    '\n',
    'a: b: c\n',
    '- &a x\n',
    '<<: ',
  ])('100 kB of %j', async (piece) => cost(piece.repeat(most / piece.length)))
  it.each([
    ['keys', (i: number) => `k${i}:\n`],
    ['devices', (i: number) => `${i === 0 ? 'devices:\n' : ''} d${i}: {}\n`],
    ['models', (i: number) => `${i === 0 ? 'models:\n' : ''} m${i}: 1\n`],
    ['names', (i: number) => `${i === 0 ? 'server:\n  names:\n' : ''}    - ${i}*\n`],
  ] as const)('100 kB of %s', async (_, line) => {
    const lines = Array.from({ length: 20_000 }, (_, i) => line(i))
    await cost(lines.join('').slice(0, most))
  })

  const word = fc.oneof(
    fc.constantFrom(
      ...[
        'title',
        'server',
        'host',
        'port',
        'tls',
        'names',
        'origins',
        'devices',
        'driver',
        'resource',
        'share',
      ],
      ...[
        'interlocks',
        'sights',
        'camera',
        'models',
        'watches',
        'notify',
        'simulators',
        'dataDir',
        'recordings',
      ],
      ...[
        'camera.sim',
        'turret.grbl',
        'instrument.scpi',
        'instrument.exfo-ctp10',
        '__proto__',
        'constructor',
        '/proc',
      ],
      ...[
        'toString',
        '<<',
        '*a',
        '&a',
        '!!binary',
        '!!set',
        '~',
        '',
        'TCPIP::h::1::SOCKET',
        '1e999',
        '.nan',
        '-0',
      ],
    ),
    fc.string({ maxLength: 12 }),
  )
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(word, tie('tree'), { maxKeys: 6 }),
    ),
  }))
  it('trees of its own words', { timeout: 30_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(word, tree, { maxKeys: 8 }), (bench) => cost(JSON.stringify(bench))),
      { numRuns: 150 },
    )
  })
  it('text of its own words and marks', { timeout: 30_000 }, async () => {
    const mark = fc.constantFrom(
      ': ',
      '\n',
      '\n  ',
      '\n    - ',
      '{',
      '}',
      '[',
      ']',
      ', ',
      '\t',
      '"',
      "'",
      '|',
      '>',
      '#',
      '---\n',
      '...\n',
    )
    const text = fc.array(fc.oneof(word, mark), { maxLength: 60 }).map((parts) => parts.join(''))
    await fc.assert(fc.asyncProperty(text, cost), { numRuns: 150 })
  })
  it('bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), cost), { numRuns: 50 })
  })
})
