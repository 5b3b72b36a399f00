declare module 'sdp-transform' {
  /** Reads a session description (RFC 8866). What comes out is whatever the text held: to be checked. */
  export function parse(sdp: string): unknown
  /** Writes one, of the same shape. */
  export function write(session: object): string
}
