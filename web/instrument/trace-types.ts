/** The kinds of trace that a CTP10 keeps for a channel, by the number its commands know them by. */
export const TRACE_TYPES: { value: number; text: string }[] = [
  { value: 1, text: 'Transfer function' },
  { value: 11, text: 'Raw live' },
  { value: 12, text: 'Raw reference' },
  { value: 13, text: 'Quick reference' },
]
