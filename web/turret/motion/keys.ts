import type { Direction } from '../../../shared/turret/turret.ts'

/** What a key means on the turret's page. */
export type KeyMeaning = { kind: 'jog'; way: Direction } | { kind: 'preset'; key: number } | { kind: 'halt' }

/** What of a key event decides. */
export interface Key {
  key: string
  ctrlKey?: boolean
  metaKey?: boolean
  altKey?: boolean
}

const WAYS: Readonly<Record<string, Direction>> = {
  ArrowLeft: { pan: -1, tilt: 0 },
  ArrowRight: { pan: 1, tilt: 0 },
  ArrowUp: { pan: 0, tilt: 1 },
  ArrowDown: { pan: 0, tilt: -1 },
}

/** What the key is for; undefined for one that is the browser's, or a shortcut. Shift makes a jog fine, no other key. */
export function meaningOf({ key, ctrlKey, metaKey, altKey }: Key): KeyMeaning | undefined {
  if (ctrlKey || metaKey || altKey) return undefined
  const way = WAYS[key]
  if (way) return { kind: 'jog', way }
  if (/^[1-9]$/.test(key)) return { kind: 'preset', key: Number(key) }
  return key.toLowerCase() === 'x' ? { kind: 'halt' } : undefined
}

/** Whether somebody is writing, choosing or answering, so that keys are meant for what has the focus. */
export function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false
  return (
    target.closest(
      'input:not([type=checkbox], [type=button]), select, textarea, [contenteditable=true], dialog, [role=slider]',
    ) !== null
  )
}
