import { createSubscriber } from 'svelte/reactivity'

const PERIOD_MS = 100

const follow = createSubscriber((update) => {
  const timer = setInterval(update, PERIOD_MS)
  return () => clearInterval(timer)
})

/** This machine's time in ms. Whatever shows an age reads it, and is worked out again ten times a second. */
export function tickingNow(): number {
  follow()
  return Date.now()
}
