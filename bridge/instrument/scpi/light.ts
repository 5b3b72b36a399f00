import { classify } from './query.ts'

/** Those of every instrument that say how it tells what it does (IEEE 488.2 chapter 10). */
const COMMON = /^\*(CLS|ESE|OPC|PSC|SRE|WAI)(\s|$)/i

/** What a driver knows of the light of its instrument, for messages that are not its own. */
export interface Light {
  /** Whether a program message may switch light on. */
  mayCome(message: string): boolean
  /**
   * Such a message is about to be sent: from now on the driver does not know what is lit, and the guardian knows of it.
   * Throws `guardian.lost`, or `device.faulted` while the instrument is being opened: then it is not to be sent.
   */
  comes(): void
}

/**
 * Whether a program message may switch light on: any that is not known to leave the instrument dark does. `isDark` is
 * asked of each command by itself, whole, without blanks around it.
 */
export function mayLight(message: string, isDark: (command: string) => boolean): boolean {
  if (!classify(message).acts) return false
  const units = message.split(';').filter((unit) => unit.trim() !== '')
  // What one parser takes for text another takes for commands.
  if (/[^\t\x20-\x7e]|#/.test(message) || (units.length > 1 && /["'(]/.test(message))) return true
  return units.some((unit, i) => {
    const command = unit.trim()
    // What follows without a colon is another command under another node.
    if (i > 0 && !/^[:*]/.test(command)) return true
    return classify(command).acts && !COMMON.test(command) && !isDark(command)
  })
}
