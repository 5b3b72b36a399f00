/**
 * What a device keeps across restarts of the bridge, each value under a name of its own. Only what may be lost is
 * written without waiting: a device that must not forget waits for `write` before it acts.
 */
export interface DeviceMemory {
  /** The value that was written last, undefined when none ever was. Rejects with `internal` when it cannot be read. */
  read(name: string): Promise<unknown>
  /**
   * Replaces a value, which is what JSON can hold; resolves when neither `kill -9` nor a power cut loses it any more.
   * Of writes that wait for one that is under way only the newest is written, and all of them resolve with it. Rejects
   * with `internal` when the disk does not take it; the value before it is kept then.
   */
  write(name: string, value: unknown): Promise<void>
}
