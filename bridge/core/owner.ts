import type { Caller } from '../device/device.ts'

/** Whose an object is: a page's or a script's, under the session or the token that it came with. */
export type Owner = Pick<Caller, 'key' | 'client'>

/** Whose an object that this caller makes is. */
export function ownerOf({ key, client }: Owner): Owner {
  return { key, client }
}

/** Whether the caller made an object. Another page of the same person did not. */
export function owns(owner: Owner, caller: Owner): boolean {
  return owner.key === caller.key && owner.client === caller.client
}

/**
 * Whose an object is that a person may go on with on another page: a user's or, of a token, its own. A name alone does
 * not say it, since a token may bear a user's.
 */
export function personOf({ via, name, key }: Pick<Caller, 'via' | 'name' | 'key'>): string {
  return via === 'token' ? `token ${key}` : `${via} ${name}`
}
