/** Shorter ones stand in too many texts by chance. */
const LEAST = 4

/** Takes these secrets out of texts, as they are and as an address has them: what others are told must not repeat them. */
export function scrubber(secrets: Iterable<string>): (text: string) => string {
  const all = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < LEAST) continue
    for (const form of [secret, encodeURI(secret), encodeURIComponent(secret)]) all.add(form)
  }
  // Longest first: one may be part of another.
  const sorted = [...all].sort((a, b) => b.length - a.length)
  return (text) => sorted.reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
}
