import { BenchError } from '../../shared/wire/errors.ts'
import { MOST_SECRETS, type NamedSecret } from '../../shared/access/named-secrets.ts'
import type { Handlers } from '../device/device.ts'

/** A named secret as it is kept. */
export interface StoredSecret extends NamedSecret {
  value: string
}

/** Where named secrets are kept. */
export interface SecretStorage {
  load(): Promise<StoredSecret[]>
  /** Keeps a secret in the place of the one that has its name. On disk when it resolves. */
  save(secret: StoredSecret): Promise<void>
  remove(name: string): Promise<void>
}

/** What a secret is and where it may be sent to, for those that send it. */
export interface SendableSecret {
  value: string
  hosts: readonly string[]
}

/** Secrets by name, for what sends them: they are in memory, so that no check of a watch waits for the disk. */
export class NamedSecrets {
  readonly #storage: SecretStorage
  readonly #all: Map<string, StoredSecret>

  private constructor(storage: SecretStorage, all: readonly StoredSecret[]) {
    this.#storage = storage
    this.#all = new Map(all.map((each) => [each.name, each]))
  }

  static async open(storage: SecretStorage): Promise<NamedSecrets> {
    return new NamedSecrets(storage, await storage.load())
  }

  handlers: Handlers = {
    'secret.list': () => {
      const all = [...this.#all.values()].sort((a, b) => a.name.localeCompare(b.name))
      return Promise.resolve(all.map(told))
    },
    'secret.save': async ({ name, value = this.#all.get(name)?.value, hosts }, { name: savedBy }) => {
      if (value === undefined) {
        throw new BenchError('input.invalid', `value: there is no secret "${name}" yet: say what it is`)
      }
      if (!this.#all.has(name) && this.#all.size >= MOST_SECRETS) {
        throw new BenchError('input.invalid', `there are ${MOST_SECRETS} secrets already: remove some first`)
      }
      const secret = { name, value, hosts: [...new Set(hosts)], savedAt: Date.now(), savedBy }
      await this.#storage.save(secret)
      this.#all.set(name, secret)
      return told(secret)
    },
    'secret.remove': async ({ name }) => {
      if (!this.#all.has(name)) throw unknown(name)
      await this.#storage.remove(name)
      this.#all.delete(name)
      return {}
    },
  }

  /** Those of these names. Throws `secret.unknown` for one that there is not. */
  sendable(names: Iterable<string>): Record<string, SendableSecret> {
    return Object.fromEntries(
      [...new Set(names)].map((name) => {
        const found = this.#all.get(name)
        if (!found) throw unknown(name)
        return [name, { value: found.value, hosts: found.hosts }]
      }),
    )
  }
}

function told({ name, hosts, savedAt, savedBy }: StoredSecret): NamedSecret {
  return { name, hosts, savedAt, savedBy }
}

function unknown(name: string): BenchError {
  return new BenchError(
    'secret.unknown',
    `there is no secret "${name}": an administrator can make it under Access`,
  )
}
