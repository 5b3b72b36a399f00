let held: string | undefined

/** The token that this page signs in with instead of a session: a display has one. Told before anything is asked. */
export function useToken(token: string | undefined): void {
  held = token
}

/** The token, for the socket's handshake. */
export function heldToken(): string | undefined {
  return held
}

/** The headers by which the bridge knows this page over HTTP; none where the session's cookie says it. */
export function authorization(): Record<string, string> {
  return held === undefined ? {} : { authorization: `Bearer ${held}` }
}
