import { createPrivateKey, X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Tls } from './http.ts'

/** A chain of certificates is some 10 kB. */
const MOST_BYTES = 1_000_000
const MAKE = 'give a PEM file, or make both with: lightbench tls init'

/** What is wrong with the setting `server.tls.certificate` or `server.tls.key`. */
export class TlsFault extends Error {
  readonly setting: 'certificate' | 'key'

  constructor(setting: 'certificate' | 'key', message: string, cause?: unknown) {
    super(message, { cause })
    this.setting = setting
  }
}

interface TlsFiles {
  certificate: string
  key: string
}

/** Reads a certificate and its key, PEM files. Throws `config.invalid` when one cannot be read, or they do not belong together. */
export async function readTls(files: TlsFiles): Promise<Tls> {
  try {
    return (await checkTls(files)).tls
  } catch (error) {
    if (!(error instanceof TlsFault)) throw error
    throw new BenchError('config.invalid', `server.tls.${error.setting}: ${error.message}`, { cause: error })
  }
}

/**
 * Reads and judges a certificate and its key. Rejects with `TlsFault`. A certificate that has run out, or is not good
 * yet, is a warning: browsers let people through, and a bench that stays down helps nobody.
 */
export async function checkTls(
  files: TlsFiles,
  now = Date.now(),
): Promise<{ tls: Tls; warning: string | undefined }> {
  const tls = { cert: await readPem('certificate', files.certificate), key: await readPem('key', files.key) }
  const certificate = parsed(
    'certificate',
    files.certificate,
    'certificate',
    () => new X509Certificate(tls.cert),
  )
  const key = parsed('key', files.key, 'private key without a passphrase', () => createPrivateKey(tls.key))
  if (!certificate.checkPrivateKey(key)) {
    const message = `${files.key} is not the key of the certificate in ${files.certificate}: name the pair, or make one with: lightbench tls init`
    throw new TlsFault('key', message)
  }
  try {
    createSecureContext(tls)
  } catch (cause) {
    throw new TlsFault('certificate', `${files.certificate} cannot be used: ${String(cause)}; ${MAKE}`, cause)
  }
  return { tls, warning: validityFault(certificate, now, files.certificate) }
}

/** Why a file holds no certificate of an authority, undefined for one that does. */
export async function authorityFault(file: string): Promise<string | undefined> {
  try {
    new X509Certificate(await readText(file))
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `${file} holds no certificate (${why}): name the PEM file of the authority that signed the server's`
  }
}

function validityFault(
  { validFrom, validTo }: X509Certificate,
  now: number,
  file: string,
): string | undefined {
  const day = (date: string): string => new Date(date).toISOString().slice(0, 10)
  if (Date.parse(validTo) <= now)
    return `${file} expired on ${day(validTo)}, and browsers warn of it: renew it (lightbench tls init)`
  if (Date.parse(validFrom) > now)
    return `${file} is good from ${day(validFrom)} only: see whether this machine's clock is right`
  return undefined
}

function parsed<T>(setting: 'certificate' | 'key', file: string, kind: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new TlsFault(setting, `${file} holds no ${kind} in PEM form: ${MAKE}`, cause)
  }
}

async function readText(file: string): Promise<string> {
  // Not blocking: opening a pipe would wait for whoever writes to it.
  await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  const stat = await handle.stat()
  if (!stat.isFile() || stat.size > MOST_BYTES) throw new Error('it is no PEM file')
  return await handle.readFile('utf8')
}

async function readPem(setting: 'certificate' | 'key', file: string): Promise<string> {
  try {
    return await readText(file)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TlsFault(setting, `${file} cannot be read (${why}): ${MAKE}`, cause)
  }
}
