import { createSubscriber } from 'svelte/reactivity'
import { call } from './call.ts'
import { control } from './control.svelte.ts'

const followAddress = createSubscriber((update) => {
  window.addEventListener('hashchange', update)
  return () => window.removeEventListener('hashchange', update)
})

/** Where this page is, without what may be secret in it: the key of a set-up link. */
function place(): string {
  followAddress()
  return window.location.hash.split('?', 1)[0] ?? ''
}

/** Goes where the page goes that holds the lease, while somebody wants that and does not go elsewhere. */
class OperatorView {
  following = $state(false)
  /** Where the operator's page is; undefined while nobody else has the lease, or the page does not say. */
  readonly place: string | undefined = $derived(
    control.holder === 'other' && !control.stale ? control.state?.shows : undefined,
  )
  #led: string | undefined

  /** Follows from now on, or no more. */
  toggle(): void {
    this.following = !this.following
    this.#led = undefined
  }

  /** For as long as the page lives: says where it is while it has the lease, goes along while it follows. */
  start(): void {
    $effect.root(() => {
      $effect(() => {
        const hash = place()
        // A page that could not say it says it when it goes elsewhere.
        if (control.mine) void call('lease.show', { hash }).catch(() => undefined)
      })
      $effect(() => {
        if (!this.following || this.place === undefined || this.place === this.#led) return
        this.#led = this.place
        window.location.hash = this.place
      })
      $effect(() => {
        // Whoever goes elsewhere by themselves wants to be there.
        if (this.following && this.#led !== undefined && !same(place(), this.#led)) this.toggle()
      })
    })
  }
}

function same(one: string, other: string): boolean {
  const bare = (hash: string): string => hash.replace(/^#\/?/, '').replace(/\/$/, '')
  return bare(one) === bare(other)
}

export const operatorView = new OperatorView()
