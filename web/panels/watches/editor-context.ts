import { createContext } from 'svelte'
import type { PageSelector } from '../../../shared/watch-what.ts'

interface Choice {
  value: string
  text: string
}

/** What the fields of a watch know of the bench. Its members are read anew whenever a field is drawn. */
export interface EditorContext {
  /** Those that fit where they are asked for: the field's place in the watch, with dots. */
  devices: (path: string) => Choice[]
  traces: () => Choice[]
  channels: () => Choice[]
  /** What can be written in a field, for people who do not know it by heart. */
  suggestions: (member: string) => string[]
  /** Lets somebody choose an element on the page, for the field at this place; absent where there is no page. */
  pick: ((path: string, take: (selector: PageSelector) => void) => void) | undefined
}

export const [editorContext, setEditorContext] = createContext<() => EditorContext>()
