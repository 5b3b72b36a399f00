/** Whether an address, or a name to listen on, is this machine's own loopback. */
export function isLoopback(address: string): boolean {
  return /^(localhost|(::ffff:)?127(\.\d{1,3}){3}|::1)$/.test(address)
}
