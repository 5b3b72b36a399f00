import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../../shared/wire/errors.ts'
import type { DeviceMemory } from '../core/device-memory.ts'
import { replaceFile } from '../core/replace-file.ts'

const NAME = /^[a-z][a-z0-9-]{0,31}$/

interface Writing {
  /** The newest value that waits for the write under way. */
  next: { text: string; done: PromiseWithResolvers<void> } | undefined
}

/** A device's memory: a folder of its own, a file of JSON for each value. Nothing here waits for the disk in the event loop. */
export class FileMemory implements DeviceMemory {
  readonly #device: string
  readonly #folder: string
  readonly #writing = new Map<string, Writing>()

  constructor(dataDir: string, device: string) {
    this.#device = device
    this.#folder = join(dataDir, 'devices', device)
  }

  async read(name: string): Promise<unknown> {
    const file = this.#file(name)
    try {
      return JSON.parse(await readFile(file, 'utf8')) as unknown
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw this.#error(`what it keeps in ${file} cannot be read: ${String(error)}`, error)
    }
  }

  write(name: string, value: unknown): Promise<void> {
    const file = this.#file(name)
    const text = JSON.stringify(value)
    const writing = this.#writing.get(name)
    if (writing) {
      writing.next = { text, done: writing.next?.done ?? Promise.withResolvers() }
      return writing.next.done.promise
    }
    const first: Writing = { next: undefined }
    this.#writing.set(name, first)
    return this.#replace(file, text).finally(() => this.#goOn(name, file, first))
  }

  #goOn(name: string, file: string, writing: Writing): void {
    const { next } = writing
    writing.next = undefined
    if (!next) {
      this.#writing.delete(name)
      return
    }
    void this.#replace(file, next.text)
      .then(next.done.resolve, next.done.reject)
      .finally(() => this.#goOn(name, file, writing))
  }

  async #replace(file: string, text: string): Promise<void> {
    await replaceFile(file, text).catch((error: unknown) => {
      throw this.#error(
        `${file} cannot be written: ${String(error)}. See to the disk of the data folder`,
        error,
      )
    })
  }

  #file(name: string): string {
    if (!NAME.test(name)) throw this.#error(`"${name}" is no name for what a device keeps`)
    return join(this.#folder, `${name}.json`)
  }

  #error(what: string, cause?: unknown): BenchError {
    return new BenchError('internal', `${this.#device}: ${what}`, { device: this.#device, cause })
  }
}
