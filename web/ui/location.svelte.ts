import { createSubscriber } from 'svelte/reactivity'
import { hrefOf, parseHash, type PageName, type Route } from './route.ts'

const follow = createSubscriber((update) => {
  window.addEventListener('hashchange', update)
  return () => window.removeEventListener('hashchange', update)
})

/** Where this page is; whatever reads it is worked out again when that changes. */
export function currentRoute(): Route {
  follow()
  return parseHash(window.location.hash)
}

/** Goes to a page. */
export function goTo(page: PageName): void {
  window.location.hash = hrefOf(page)
}

/** Goes to a page in place of this one: "back" does not lead here, and what was in the address is gone from it. */
export function replaceWith(page: PageName): void {
  window.location.replace(hrefOf(page))
}
