import type { DeviceMemory } from '../../bridge/core/device-memory.ts'

/** A memory that lasts as long as the test: `kept` is what a bridge would find after `kill -9`. */
export class TestMemory implements DeviceMemory {
  readonly kept = new Map<string, string>()

  read(name: string): Promise<unknown> {
    const text = this.kept.get(name)
    return Promise.try(() => (text === undefined ? undefined : (JSON.parse(text) as unknown)))
  }

  write(name: string, value: unknown): Promise<void> {
    this.kept.set(name, JSON.stringify(value))
    return Promise.resolve()
  }
}
