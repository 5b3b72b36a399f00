import { type Component, createContext } from 'svelte'
import type { PageSelector } from '../../../shared/watches/watch-what.ts'
import type { Node } from './schema-fields.ts'

/** What one member of a watch is edited with. */
export interface FieldProps {
  name: string
  node: Node
  value: unknown
  /** Where it stands in the watch, with dots. */
  path: string
  problems: ReadonlyMap<string, string>
  required: boolean
  /** Undefined takes the member out. */
  onchange: (value: unknown) => void
}

interface Choice {
  value: string
  text: string
}

/** What the fields of a watch know of the bench. Its members are read anew whenever a field is drawn. */
export interface EditorContext {
  /** A field may hold fields again, which must not import each other. */
  Field: Component<FieldProps>
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
