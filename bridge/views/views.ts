import { BenchError } from '../../shared/wire/errors.ts'
import { topicName } from '../../shared/topics.ts'
import { MOST_VIEWS, type View, view, type ViewBody, type ViewsState } from '../../shared/views/views.ts'
import type { Handlers } from '../device/device.ts'
import type { Logger } from '../core/log.ts'
import { OneAtATime } from '../core/one-at-a-time.ts'
import type { Row, Tables } from '../core/tables.ts'
import { Topic } from '../core/topic.ts'

const steps = ['CREATE TABLE view (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT']

/** What to save, and what it was made from. */
type Wish = ViewBody & { name: string; basedOn?: number | undefined }

/** The views that people have arranged, and the one of all that is there without them. */
export class Views {
  readonly topic: Topic<ViewsState>
  readonly #tables: Tables
  readonly #changing = new OneAtATime()
  readonly #ofAll: View

  private constructor(tables: Tables, rows: readonly Row[], ofAll: View, log: Logger) {
    this.#tables = tables
    this.#ofAll = ofAll
    const views: Record<string, View> = { [ofAll.name]: ofAll }
    for (const { name, body } of rows) {
      const found = view.safeParse(JSON.parse(String(body)))
      if (found.success) views[found.data.name] = found.data
      else log.error({ view: name, error: found.error }, 'a saved view cannot be read: it is not shown')
    }
    this.topic = new Topic<ViewsState>(topicName('views'), { views })
  }

  /** `ofAll` stands under its name until somebody saves another there. A view that cannot be read is logged, kept and not shown. */
  static async open(tables: Tables, ofAll: View, log: Logger): Promise<Views> {
    await tables.migrate('views', steps)
    return new Views(tables, await tables.all('SELECT name, body FROM view'), ofAll, log)
  }

  handlers: Handlers = {
    'view.list': () => Promise.resolve(this.list()),
    'view.save': (wish, { name }) => this.save(wish, name),
    'view.delete': async ({ name }) => {
      await this.delete(name)
      return {}
    },
  }

  list(): View[] {
    return Object.values(this.topic.value.views).sort((a, b) => a.name.localeCompare(b.name))
  }

  /** Rejects with `view.changed` when it is based on what is no longer there, `input.invalid` when there are too many. */
  save(wish: Wish, savedBy: string, now = Date.now()): Promise<View> {
    return this.#changing.run(() => this.#save(wish, savedBy, now))
  }

  /** Rejects with `view.unknown`. */
  delete(name: string): Promise<void> {
    return this.#changing.run(() => this.#delete(name))
  }

  async #save({ basedOn, ...wish }: Wish, savedBy: string, now: number): Promise<View> {
    const { views } = this.topic.value
    const before = views[wish.name]
    if (basedOn !== undefined && basedOn !== (before?.revision ?? 0)) {
      const who = before?.savedBy === undefined ? 'somebody' : before.savedBy
      const message = before
        ? `${who} has saved the view "${wish.name}" meanwhile: look at theirs, or save yours under another name`
        : `the view "${wish.name}" has been deleted meanwhile: save yours as a new one`
      throw new BenchError('view.changed', message)
    }
    if (!before && Object.keys(views).length >= MOST_VIEWS) {
      throw new BenchError('input.invalid', `there are ${MOST_VIEWS} views already: delete one first`)
    }
    const saved: View = { ...wish, revision: (before?.revision ?? 0) + 1, savedAt: now, savedBy }
    await this.#tables.run(
      'INSERT INTO view VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
      ...[saved.name, JSON.stringify(saved)],
    )
    this.#show(saved)
    return saved
  }

  async #delete(name: string): Promise<void> {
    if ((await this.#tables.run('DELETE FROM view WHERE name = ?', name)) === 0) {
      const message =
        name === this.#ofAll.name
          ? `the view "${name}" is the bridge's own: there is nothing saved to delete`
          : `there is no view "${name}"`
      throw new BenchError('view.unknown', message)
    }
    if (name === this.#ofAll.name) this.#show(this.#ofAll)
    else {
      const { [name]: _, ...views } = this.topic.value.views
      this.topic.put({ views })
    }
  }

  #show(shown: View): void {
    this.topic.put({ views: { ...this.topic.value.views, [shown.name]: shown } })
  }
}
