import type { DatabaseSync } from 'node:sqlite'
import { BenchError } from '../../shared/errors.ts'
import { topicName } from '../../shared/topics.ts'
import { MOST_VIEWS, type View, view, type ViewBody, type ViewsState } from '../../shared/views.ts'
import type { Handlers } from '../core/device.ts'
import type { Logger } from '../core/log.ts'
import { Topic } from '../core/topic.ts'
import { migrate } from './sqlite.ts'

const steps = ['CREATE TABLE view (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT']

/** What to save, and what it was made from. */
type Wish = ViewBody & { name: string; basedOn?: number | undefined }

/** The views that people have arranged, and the one of all that is there without them. */
export class Views {
  readonly topic: Topic<ViewsState>
  readonly #db: DatabaseSync
  readonly #ofAll: View

  /** `ofAll` stands under its name until somebody saves another there. A view that cannot be read is logged, kept and not shown. */
  constructor(db: DatabaseSync, ofAll: View, log: Logger) {
    migrate(db, 'views', steps)
    this.#db = db
    this.#ofAll = ofAll
    const views: Record<string, View> = { [ofAll.name]: ofAll }
    for (const { name, body } of db.prepare('SELECT name, body FROM view').all()) {
      const found = view.safeParse(JSON.parse(String(body)))
      if (found.success) views[found.data.name] = found.data
      else log.error({ view: name, error: found.error }, 'a saved view cannot be read: it is not shown')
    }
    this.topic = new Topic<ViewsState>(topicName('views'), { views })
  }

  handlers: Handlers = {
    'view.list': () => Promise.resolve(this.list()),
    'view.save': (wish, { name }) => Promise.resolve(this.save(wish, name)),
    'view.delete': ({ name }) => {
      this.delete(name)
      return Promise.resolve({})
    },
  }

  list(): View[] {
    return Object.values(this.topic.value.views).sort((a, b) => a.name.localeCompare(b.name))
  }

  /** Throws `view.changed` when it is based on what is no longer there, `input.invalid` when there are too many. */
  save({ basedOn, ...wish }: Wish, savedBy: string, now = Date.now()): View {
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
    this.#db
      .prepare('INSERT INTO view VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body')
      .run(saved.name, JSON.stringify(saved))
    this.#show(saved)
    return saved
  }

  /** Throws `view.unknown`. */
  delete(name: string): void {
    const { changes } = this.#db.prepare('DELETE FROM view WHERE name = ?').run(name)
    if (changes === 0) {
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
