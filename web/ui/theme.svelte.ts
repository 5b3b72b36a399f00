import { MediaQuery } from 'svelte/reactivity'

const KEY = 'lightbench.theme'
const CHOICES = ['auto', 'dark', 'light'] as const

export type ThemeChoice = (typeof CHOICES)[number]

function remembered(): ThemeChoice {
  try {
    const kept = localStorage.getItem(KEY)
    return CHOICES.find((choice) => choice === kept) ?? 'auto'
  } catch {
    // A browser that keeps nothing for this page still shows it.
    return 'auto'
  }
}

/** Dark or light: what was chosen, and what that comes to on this machine. */
class Theme {
  readonly #prefersLight = new MediaQuery('(prefers-color-scheme: light)')
  choice = $state<ThemeChoice>(remembered())
  shown: 'dark' | 'light' = $derived(
    this.choice === 'auto' ? (this.#prefersLight.current ? 'light' : 'dark') : this.choice,
  )

  /** Keeps the document in step from now on. */
  start(): void {
    document.documentElement.dataset['theme'] = this.shown
    $effect.root(() => {
      // Before other effects: a plot reads its colours from the document when the theme turns.
      $effect.pre(() => {
        document.documentElement.dataset['theme'] = this.shown
      })
    })
  }

  /** The next choice in the round auto, dark, light. */
  turn(): void {
    this.choice = CHOICES[(CHOICES.indexOf(this.choice) + 1) % CHOICES.length] ?? 'auto'
    try {
      localStorage.setItem(KEY, this.choice)
    } catch {
      // The choice then lasts as long as the page.
    }
  }
}

/** This page's theme. */
export const theme = new Theme()
