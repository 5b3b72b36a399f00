import { kioskPath, type View } from '../../../shared/views/views.ts'
import type { Me } from '../../link/why-not.ts'

/**
 * What a display's QR code leads to; undefined for a view that has none. The display's own token goes along only where the
 * view says so and the token can do no more than look: whoever sees the display can read it.
 */
export function addressForPhones(
  view: Pick<View, 'name' | 'qr'>,
  origin: string,
  token: string | undefined,
  me: Me | undefined,
): string | undefined {
  if (view.qr === 'none') return undefined
  const address = origin + kioskPath(view.name)
  if (view.qr === 'link' || token === undefined || me?.via !== 'token' || me.role !== 'viewer') return address
  return `${address}?token=${encodeURIComponent(token)}`
}
