import { expect, vi } from 'vitest'
import type { ServerEvents } from '../../shared/commands.ts'
import { applyMergePatch } from '../../shared/wire/merge-patch.ts'
import type { WatchDraft } from '../../shared/watches/watch.ts'
import type { WatchesState, WatchStatus } from '../../shared/watches/watch-state.ts'
import { Client } from '../support/socket.ts'

type TopicPatch = Parameters<ServerEvents['patch']>[0]

/** Somebody who follows the watches as a page does, and writes them. */
export class Follower implements Disposable {
  readonly client: Client
  #list: { watches: Record<string, WatchStatus> } = { watches: {} }
  #all: WatchesState | undefined
  readonly #revs: Record<string, number> = {}
  readonly #early: TopicPatch[] = []

  private constructor(client: Client) {
    this.client = client
  }

  /** Throws in `patch` when a revision is missing: then something was lost on the way. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<Follower> {
    const follower = new Follower(await Client.connect(url, headers))
    const { client } = follower
    client.socket.on('patch', (patch) => {
      if (patch.topic in follower.#revs) follower.#hear(patch)
      // Answer and patch may arrive in one piece, and the patch be heard while the answer is still unwrapped.
      else follower.#early.push(patch)
    })
    const list = await client.call('topic.subscribe', { topic: 'watchlist' })
    follower.#list = list.snapshot as { watches: Record<string, WatchStatus> }
    follower.#begin('watchlist', list.rev)
    const all = await client.call('topic.subscribe', { topic: 'watches' })
    follower.#all = all.snapshot as WatchesState
    follower.#begin('watches', all.rev)
    return follower
  }

  #begin(topic: string, rev: number): void {
    this.#revs[topic] = rev
    for (const patch of this.#early) if (patch.topic === topic && patch.rev > rev) this.#hear(patch)
  }

  #hear({ topic, rev, patch }: TopicPatch): void {
    expect(rev).toBe((this.#revs[topic] ?? 0) + 1)
    this.#revs[topic] = rev
    if (topic === 'watchlist') this.#list = applyMergePatch(this.#list, patch)
    else if (this.#all) this.#all = applyMergePatch(this.#all, patch)
  }

  get all(): WatchesState {
    if (!this.#all) throw new Error('not subscribed')
    return this.#all
  }

  status(id: string): WatchStatus {
    const found = this.#list.watches[id]
    if (!found)
      throw new Error(`the list has no watch ${id}; it has ${Object.keys(this.#list.watches).join(', ')}`)
    return found
  }

  has(id: string): boolean {
    return id in this.#list.watches
  }

  async save(draft: WatchDraft): Promise<string> {
    return (await this.client.call('watch.save', draft)).id
  }

  /** Has it checked, and answers its state once one check more is over. */
  async check(id: string, timeout = 40_000): Promise<WatchStatus> {
    const before = await this.#checks(id)
    const { refused } = await this.client.call('watch.check', { ids: [id] })
    expect(refused).toEqual([])
    return vi.waitFor(
      () => {
        const status = this.status(id)
        expect(status.activity).toBeUndefined()
        expect(status.checks).toBeGreaterThan(before)
        return status
      },
      { timeout, interval: 20 },
    )
  }

  /** Its state once it is so. */
  until(id: string, is: (status: WatchStatus) => boolean, timeout = 30_000): Promise<WatchStatus> {
    return vi.waitFor(
      () => {
        const status = this.status(id)
        if (!is(status)) throw new Error(`not yet: ${JSON.stringify(status)}`)
        return status
      },
      { timeout, interval: 20 },
    )
  }

  async #checks(id: string): Promise<number> {
    return (await vi.waitFor(() => this.status(id), { timeout: 5000, interval: 20 })).checks
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]()
  }
}

/** A schedule by which nothing is checked by itself. */
export const BY_HAND = {}
