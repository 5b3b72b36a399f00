import type { Caller } from '../../bridge/device/device.ts'

/** Somebody who calls: an operator on a page of their own, unless said otherwise. */
export function callerAs(part: Partial<Caller> = {}): Caller {
  return {
    name: 'ada',
    role: 'operator',
    via: 'session',
    key: 'session-1',
    client: 'aaaaaaaaaaaa',
    address: 'test',
    arrivedAt: performance.now(),
    signal: new AbortController().signal,
    ...part,
  }
}
