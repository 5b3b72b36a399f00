import type { Tile, TileContent, View, ViewBody, ViewPage } from '../../shared/views/views.ts'
import { call } from '../link/call.ts'
import { add, move, resize } from './arrange.ts'

/** A view while it is edited: as it was when the editing began, and what it has become. */
export class ViewDraft {
  name: string
  /** What it was made from; 0 for one that nobody has saved yet. */
  revision = $state(0)
  /** What it was made from before it was saved, until the bridge's topic has caught up. */
  #replaced = $state<number>()
  #kept = $state.raw<ViewBody>()
  body = $state.raw<ViewBody>({ title: '', pages: [{ tiles: [] }], dwellS: 20, stop: false, qr: 'link' })
  page = $state(0)
  /** The tile that is chosen on the page. */
  chosen = $state<number>()

  shown: ViewPage = $derived(this.body.pages[this.page] ?? { tiles: [] })
  /** Whether there is something to save. */
  changed: boolean = $derived(JSON.stringify(this.body) !== JSON.stringify(this.#kept))

  constructor(view: View) {
    this.name = view.name
    this.take(view)
  }

  /** Whether the view of this revision is what somebody else has made of it. */
  isOvertaken(revision: number): boolean {
    return revision !== this.revision && revision !== this.#replaced
  }

  /** The page has heard of this revision. */
  heard(revision: number): void {
    if (revision === this.revision) this.#replaced = undefined
  }

  /** Begins anew from what is kept. */
  take(view: View): void {
    const { name: _, revision, savedAt: _at, savedBy: _by, ...body } = view
    this.revision = revision
    this.#kept = body
    this.body = body
    this.page = Math.min(this.page, body.pages.length - 1)
    this.chosen = undefined
  }

  change(part: Partial<ViewBody>): void {
    this.body = { ...this.body, ...part }
  }

  changePage(part: Partial<ViewPage>): void {
    this.change({ pages: this.body.pages.map((page, i) => (i === this.page ? { ...page, ...part } : page)) })
  }

  addPage(): void {
    this.change({ pages: [...this.body.pages, { tiles: [] }] })
    this.page = this.body.pages.length - 1
    this.chosen = undefined
  }

  removePage(): void {
    if (this.body.pages.length < 2) return
    this.change({ pages: this.body.pages.filter((_, i) => i !== this.page) })
    this.page = Math.min(this.page, this.body.pages.length - 1)
    this.chosen = undefined
  }

  /** Whether there was room for it. */
  addTile(content: TileContent): boolean {
    const tiles = add(this.shown.tiles, content)
    if (!tiles) return false
    this.#arrange(tiles)
    this.chosen = tiles.length - 1
    return true
  }

  removeTile(index: number): void {
    this.#arrange(this.shown.tiles.filter((_, i) => i !== index))
    this.chosen = undefined
  }

  setContent(index: number, content: TileContent): void {
    this.#arrange(this.shown.tiles.map((tile, i) => (i === index ? { ...tile, content } : tile)))
  }

  moveTile(index: number, x: number, y: number): void {
    this.#arrange(move(this.shown.tiles, index, { x, y }))
  }

  resizeTile(index: number, w: number, h: number): void {
    this.#arrange(resize(this.shown.tiles, index, { w, h }))
  }

  /** Keeps it on the bridge; `anyway` replaces what somebody else has saved meanwhile. Throws the BenchError of a bridge that does not. */
  async save(anyway = false): Promise<void> {
    const basedOn = anyway ? {} : { basedOn: this.revision }
    const saved = await call('view.save', { ...this.body, name: this.name, ...basedOn })
    this.#replaced = this.revision
    this.take(saved)
  }

  #arrange(tiles: readonly Tile[]): void {
    this.changePage({ tiles: [...tiles] })
  }
}
