import { secretNamesIn } from '../../../shared/wire/secret-reference.ts'
import { filled, filledAddress } from '../../core/filled.ts'
import type { NamedSecrets } from '../../core/named-secrets.ts'
import { scrubber } from '../../core/scrub.ts'
import type { ChannelConfig } from '../config.ts'

/** A channel as it is used, and what takes its secrets out of a text. */
interface FilledChannel {
  channel: ChannelConfig
  scrub: (text: string) => string
}

/**
 * A channel with the named secrets in the place of their names, at the last moment. Throws `secret.unknown`, and
 * `secret.refused` for one that may not be sent to the channel's host.
 */
export function filledChannel(channel: ChannelConfig, named: NamedSecrets): FilledChannel {
  const address = channel.kind === 'webhook' ? channel.url : channel.server
  const key = channel.kind === 'webhook' ? (channel.secret ?? '') : ''
  const secrets = named.sendable([address, key].flatMap(secretNamesIn))
  const whole = filledAddress(address, secrets)
  const scrub = scrubber(Object.values(secrets).map(({ value }) => value))
  if (channel.kind !== 'webhook') return { channel: { ...channel, server: whole }, scrub }
  // The key itself is not sent, but what it signs vouches for the bench there.
  const secret = channel.secret && filled(channel.secret, { to: new URL(whole), secrets })
  return { channel: { ...channel, url: whole, secret }, scrub }
}
