/** What a named secret is called. */
export const SECRET_NAME = /^[a-z][a-z0-9-]{0,31}$/
/** More references than any address, header or text has a use for. */
const REFERENCE = /\$\{secret:([a-z][a-z0-9-]{0,31})\}/g
const KEPT = /\$\{kept(?::(\d{1,4}))?\}/g
const ONLY_REFERENCES = /^(?:\$\{(?:secret:[a-z][a-z0-9-]{0,31}|kept(?::\d{1,4})?)\})+$/

/** How a named secret is referred to. */
export function secretReference(name: string): string {
  return `\${secret:${name}}`
}

/** What an answer has in the place of a secret that is kept: the so-manyth of the whole, counted from 1. */
export function keptReference(number?: number): string {
  return number === undefined ? '${kept}' : `\${kept:${number}}`
}

/** Whether a text is nothing but references: then there is no secret in it. */
export function isReference(text: string): boolean {
  return ONLY_REFERENCES.test(text)
}

/** The names of the secrets to which a text refers. */
export function secretNamesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].map(([, name = '']) => name)
}

/** The text with `value(name)` in the place of each reference to a named secret. */
export function withNamedSecrets(text: string, value: (name: string) => string): string {
  return text.replaceAll(REFERENCE, (_, name: string) => value(name))
}

/** Whether a text stands for a secret that is kept, or has one in it. */
export function refersToKept(text: string): boolean {
  return text.search(KEPT) >= 0
}

/** The text with the kept secrets in the place of their references; undefined when it refers to one that there is not. */
export function withKeptSecrets(text: string, kept: readonly string[]): string | undefined {
  let isKnown = true
  const whole = text.replaceAll(KEPT, (_, number?: string) => {
    const secret = number === undefined ? undefined : kept[Number(number) - 1]
    if (secret === undefined) isKnown = false
    return secret ?? ''
  })
  return isKnown ? whole : undefined
}
