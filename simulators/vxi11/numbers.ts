/** VXI-11 revision 1.0 section C. */
export const programs = { core: 0x0607af, async: 0x0607b0, interrupt: 0x0607b1 } as const
export const version = 1
export const flags = { waitLock: 1, end: 8 } as const
export const reasons = { count: 1, end: 4 } as const
export const errors = {
  none: 0,
  notAccessible: 3,
  invalidLink: 4,
  parameter: 5,
  noChannel: 6,
  locked: 11,
  noLock: 12,
  timeout: 15,
  aborted: 23,
  channelExists: 29,
} as const
