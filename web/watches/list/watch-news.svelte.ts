import type { WatchesState, WatchEvent } from '../../../shared/watches/watch-state.ts'
import { connection } from '../../link/connection.svelte.ts'
import { watchHref } from '../../ui/route.ts'
import { followTopic } from '../../link/topic.svelte.ts'
import { NewsReader } from './news-reader.ts'
import { EVENT_WORDS } from '../words.ts'

const KEY = 'lightbench.watch-notifications'
/** More than these at once are told as one. */
const MOST_AT_ONCE = 3

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) === 'on'
  } catch {
    // A browser that keeps nothing for this page asks again.
    return false
  }
}

/** How the watches fare as a whole, for every page: the number in the title, and the browser's own notifications. */
class WatchNews {
  readonly #topic = followTopic('watches')
  readonly #reader = new NewsReader()
  #wanted = $state(remembered())
  #permission = $state(typeof Notification === 'undefined' ? undefined : Notification.permission)
  /** Why the browser showed none of them, though it may. */
  problem = $state<string>()

  state: WatchesState | undefined = $derived(
    connection.state === 'signed-out' ? undefined : this.#topic.value,
  )
  stale: boolean = $derived(this.#topic.stale)
  /** The newest events first. */
  events: WatchEvent[] = $derived(Object.values(this.state?.events ?? {}).sort((a, b) => b.at - a.at))
  /** `(3) ` while something fails or nobody has seen it; else empty. */
  badge: string = $derived.by(() => {
    const pressing = (this.state?.counts.failing ?? 0) + (this.state?.counts.unseen ?? 0)
    return pressing > 0 ? `(${pressing}) ` : ''
  })
  /** Whether the browser tells of events, and if not, what it would take. */
  notifying: 'on' | 'off' | 'refused' | 'impossible' = $derived.by(() => {
    if (this.#permission === undefined) return 'impossible'
    if (this.#permission === 'denied') return 'refused'
    return this.#wanted && this.#permission === 'granted' ? 'on' : 'off'
  })

  /** Switches the browser's notifications on or off; asks for the permission where it takes one. */
  async notify(wanted: boolean): Promise<void> {
    if (wanted && this.#permission === 'default') this.#permission = await Notification.requestPermission()
    this.#wanted = wanted
    try {
      localStorage.setItem(KEY, wanted ? 'on' : 'off')
    } catch {
      // It then lasts as long as the page.
    }
  }

  /** For as long as the page lives: tells of each new event once. */
  start(): void {
    $effect.root(() => {
      $effect(() => {
        if (!this.state || this.stale) return
        const fresh = this.#reader.read(this.state.events)
        if (this.notifying === 'on' && fresh.length > 0) this.#tell(fresh)
      })
    })
  }

  #tell(events: readonly WatchEvent[]): void {
    try {
      if (events.length > MOST_AT_ONCE) {
        const names = [...new Set(events.map(({ name }) => name))].join(', ')
        this.#show(`${events.length} watches have news`, names, watchHref(), 'watches')
      } else {
        for (const { name, kind, message, watch } of events)
          this.#show(`${name} ${EVENT_WORDS[kind]}`, message, watchHref(watch), watch)
      }
      this.problem = undefined
    } catch {
      this.problem = 'This browser shows notifications of installed programs only.'
    }
  }

  #show(title: string, body: string, href: string, tag: string): void {
    const shown = new Notification(title, { body, tag, icon: '/icon.svg' })
    shown.onclick = () => {
      window.focus()
      window.location.hash = href
      shown.close()
    }
  }
}

/** This page's news of the watches. */
export const watchNews = new WatchNews()
