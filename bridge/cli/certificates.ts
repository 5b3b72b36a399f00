import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000
/** The browsers' clocks may be slow. */
const HEAD_START_MS = DAY_MS
const SERIAL_BYTES = 16

/** A lab's own authority and the server's certificate, all PEM. */
export interface LabCertificates {
  ca: string
  /** The server's certificate. */
  certificate: string
  key: string
  /** Of the authority's certificate: SHA-256, as browsers show it. */
  fingerprint: string
  notAfter: Date
}

/**
 * Makes a small authority, and a server certificate by it for these DNS names and IP addresses. The authority's key is
 * forgotten at once, so that nobody can ever sign anything else with what the lab's browsers trust.
 */
export async function makeCertificates(
  names: readonly string[],
  days: number,
  now: number = Date.now(),
): Promise<LabCertificates> {
  const [authority, server] = await Promise.all([newKeys(), newKeys()])
  const notBefore = new Date(now - HEAD_START_MS)
  const notAfter = new Date(now + days * DAY_MS)
  const ca = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [`Lightbench on ${hostname()}`] }],
    notBefore,
    notAfter,
    keys: authority,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  })
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: [{ CN: [names[0] ?? hostname()] }],
    issuer: ca.subjectName,
    notBefore,
    notAfter,
    publicKey: server.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      await SubjectKeyIdentifierExtension.create(server.publicKey),
    ],
  })
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', server.privateKey)
  const print = Buffer.from(await ca.getThumbprint('SHA-256'))
  return {
    ca: `${ca.toString('pem')}\n`,
    certificate: `${certificate.toString('pem')}\n`,
    key: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
    fingerprint: print
      .toString('hex')
      .toUpperCase()
      .replaceAll(/..(?=.)/g, '$&:'),
    notAfter,
  }
}

/** The names and addresses by which browsers may reach this machine. */
export function machineNames(): string[] {
  const host = hostname().toLowerCase()
  const addresses = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    // A link-local IPv6 address is nothing without its interface, which no certificate can name.
    .filter(({ address, internal }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
  const local = host.includes('.') ? [] : [`${host}.local`]
  return [...new Set([host, ...local, 'localhost', '127.0.0.1', '::1', ...addresses])]
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

/** Random, so that a new authority is never taken for an old one; the first bit is 0, as it must be positive. */
function newSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes.toString('hex')
}
