// Up to the last @: a password may hold one, or a slash, unescaped.
const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)\S*@/gi

/** The text with the user names and passwords of any URLs in it taken out. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '$1***@')
}

/** Whether a source comes at its own pace and cannot be wound back, by its scheme. */
export function isLive(url: string): boolean {
  return /^(rtsps?|rtp|udp|srt):/i.test(url)
}
