import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { BenchError } from '../../shared/wire/errors.ts'
import { replaceFile } from '../core/replace-file.ts'
import type { Group } from './action.ts'
import { configOption, readBenchFile } from './bench-file.ts'
import { browserInstructions } from './browsers.ts'
import { type LabCertificates, machineNames, makeCertificates } from './certificates.ts'
import { positionals } from './positionals.ts'

/** Apple's systems take no server certificate of more than 825 days, whoever signed it; it begins a day early. */
const MOST_DAYS = 820
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

type Files = Record<'ca' | 'certificate' | 'key', string>

export const tlsActions: Group = {
  init: {
    usage: '[--name HOST]… [--days N] [--force]',
    about:
      "Make a small authority and a certificate for this machine, and tell how the lab's browsers learn to trust it. " +
      `Its names and addresses are in it; --name adds more. Good for ${MOST_DAYS} days at most.`,
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({
        args,
        allowPositionals: true,
        options: {
          ...configOption,
          name: { type: 'string', multiple: true, default: [] },
          days: { type: 'string', default: String(MOST_DAYS) },
          force: { type: 'boolean', default: false },
        },
      })
      positionals(given, [])
      const days = wholeDays(values.days)
      const names = [...new Set([...values.name.map(checkedName), ...machineNames()])]
      const { dataDir } = await readBenchFile(values.config)
      const files = filesIn(join(dataDir, 'tls'))
      if (!values.force) refuseToReplace(files)
      const made = await makeCertificates(names, days)
      await write(files, made)
      terminal.print(report(files, made, names, values.name, dirname(resolve(values.config))))
    },
  },
}

function filesIn(folder: string): Files {
  return {
    ca: join(folder, 'ca.pem'),
    certificate: join(folder, 'server.pem'),
    key: join(folder, 'server-key.pem'),
  }
}

function refuseToReplace(files: Files): void {
  const there = Object.values(files).find((file) => existsSync(file))
  if (there === undefined) return
  throw new BenchError(
    'input.invalid',
    `${there} is there already: with --force it is replaced, and every browser has to be told of the new authority`,
  )
}

async function write(files: Files, { ca, certificate, key }: LabCertificates): Promise<void> {
  await replaceFile(files.key, key, { mode: 0o600 })
  await replaceFile(files.certificate, certificate, { mode: 0o644 })
  await replaceFile(files.ca, ca, { mode: 0o644 })
}

function wholeDays(text: string): number {
  const days = Number(text)
  if (Number.isInteger(days) && days >= 1 && days <= MOST_DAYS) return days
  const message = `--days ${text}: expected a whole number from 1 to ${MOST_DAYS}; Apple's systems take nothing longer`
  throw new BenchError('input.invalid', message)
}

function checkedName(name: string): string {
  if (isIP(name) || DNS_NAME.test(name)) return name.toLowerCase()
  const message = `--name ${name}: expected a host name such as bench.lab.example, or an IP address`
  throw new BenchError('input.invalid', message)
}

function report(
  files: Files,
  made: LabCertificates,
  names: readonly string[],
  added: readonly string[],
  benchDir: string,
): string {
  const path = (file: string): string => JSON.stringify(relative(benchDir, file))
  // By its own name and addresses the bridge answers anyway.
  const further = added.length > 0 ? `\n     names: ${JSON.stringify(added)}` : ''
  return `Made ${files.certificate}
  for ${names.join(', ')}
  good until ${made.notAfter.toISOString().slice(0, 10)}

1. Write into bench.yaml, and restart the bench:

   server:
     host: 0.0.0.0${further}
     tls:
       certificate: ${path(files.certificate)}
       key: ${path(files.key)}

2. Take ${files.ca} to each computer that opens the bench. It holds no secret.
   Wherever its SHA-256 fingerprint is shown it must be
   ${made.fingerprint}

${browserInstructions}
The authority's own key was not kept: nothing else can ever be signed by it. To renew the certificate or to change its
names, run \`lightbench tls init --force\`, and take the new ca.pem to the browsers again.`
}
