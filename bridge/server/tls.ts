import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { BenchError } from '../../shared/errors.ts'
import type { Tls } from './http.ts'

/** Reads a certificate and its key, PEM files. Throws `config.invalid` when one cannot be read, or they do not belong together. */
export async function readTls(files: { certificate: string; key: string }): Promise<Tls> {
  const read = (setting: string, file: string): Promise<string> =>
    readFile(file, 'utf8').catch((cause: unknown) => {
      const message = `server.tls.${setting}: ${file} cannot be read: give a PEM file, or make one with: lightbench tls init`
      throw new BenchError('config.invalid', message, { cause })
    })
  const tls = { cert: await read('certificate', files.certificate), key: await read('key', files.key) }
  try {
    createSecureContext(tls)
  } catch (cause) {
    const message = `server.tls: ${files.certificate} and ${files.key} are not a certificate and its key: ${String(cause)}`
    throw new BenchError('config.invalid', message, { cause })
  }
  return tls
}
