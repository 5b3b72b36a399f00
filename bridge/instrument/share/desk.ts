import type { Guest } from './guest.ts'

/** What a program can ask for besides messages, on wires that have a way for it. */
export interface Desk {
  /** The exclusive lock, for which it waits this long at most; false when it was not to be had. */
  lock(guest: Guest, waitMs: number): Promise<boolean>
  /** False when it has no lock. */
  unlock(guest: Guest): boolean
  holds(guest: Guest): boolean
  locked(): boolean
  /** The instrument's status byte, or the last known one while the line is busy. */
  statusByte(guest: Guest): Promise<number>
}
