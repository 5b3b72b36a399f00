/** Where a command writes and whom it asks; tests bring their own. */
export interface Terminal {
  /** The answer, which a script may take. */
  print(text: string): void
  /** What is for people only. */
  note(text: string): void
  /** Asks for a secret without showing it. `again` asks a person twice, so that a slip of the finger is noticed. */
  askSecret(prompt: string, again: boolean): Promise<string>
}

/** One thing that the command line can do. */
export interface Action {
  /** What comes behind `lightbench <group> <verb>`. */
  usage: string
  about: string
  run(args: string[], terminal: Terminal): Promise<void>
}

export type Group = Record<string, Action>
