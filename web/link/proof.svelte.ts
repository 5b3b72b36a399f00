/** Somebody is asked to show again who they are. */
interface Asked {
  promise: Promise<boolean>
  resolve: (shown: boolean) => void
}

/** What the bridge wants shown again before it makes rights or shows secrets. The dialog that asks is `ProofDialog`. */
class Proof {
  #asked = $state.raw<Asked>()

  get isAsked(): boolean {
    return this.#asked !== undefined
  }

  /** Asks once for all calls that wait. Whether they have shown it; false when they would rather not. */
  ask(): Promise<boolean> {
    this.#asked ??= Promise.withResolvers<boolean>()
    return this.#asked.promise
  }

  /** The dialog is done. */
  done(shown: boolean): void {
    this.#asked?.resolve(shown)
    this.#asked = undefined
  }
}

/** This page's. */
export const proof = new Proof()
