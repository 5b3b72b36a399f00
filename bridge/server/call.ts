import { satisfies } from '../../shared/access.ts'
import { type CommandName, findCommand } from '../../shared/commands.ts'
import { BenchError, explainIssues, type Failure, type Result } from '../../shared/errors.ts'
import type { Caller, Device, Handler, Handlers } from '../core/device.ts'
import type { Logger } from '../core/log.ts'

/** Where a device's open form is found. Throws `device.unknown` or `device.faulted`. */
export type FindDevice = (id: string) => Device

/** The one door that every command goes through, whichever wire it came over. */
export class Commands {
  readonly #handlers: Handlers
  readonly #device: FindDevice
  readonly #log: Logger

  /** `handlers` are the bench's own; a command that has none of them goes to the device that its input names. */
  constructor(handlers: Handlers, device: FindDevice, log: Logger) {
    this.#handlers = handlers
    this.#device = device
    this.#log = log
  }

  /** Checks the role, parses the input, does it. Never rejects: what goes wrong is in the result. */
  async call(name: string, input: unknown, caller: Caller, own: Handlers = {}): Promise<Result<unknown>> {
    try {
      const command = findCommand(name)
      if (!command) throw new BenchError('input.invalid', `there is no command "${name}"`)
      if (!satisfies(caller.role, command.role)) {
        throw new BenchError(
          'role.required',
          `${name} needs the role ${command.role}; you are ${caller.role}`,
        )
      }
      const parsed = command.input.safeParse(input ?? {})
      if (!parsed.success) throw new BenchError('input.invalid', `${name}: ${explainIssues(parsed.error)}`)
      const handler = this.#find(name as CommandName, parsed.data, own)
      return { ok: true, value: await handler(parsed.data as never, caller) }
    } catch (error) {
      return { ok: false, error: this.#failure(name, error) }
    }
  }

  #find(name: CommandName, input: Record<string, unknown>, own: Handlers): Handler<CommandName> {
    const handler = own[name] ?? this.#handlers[name]
    if (handler) return handler
    const id = input['device']
    if (typeof id !== 'string') throw new BenchError('device.unsupported', `${name} is not to be had here`)
    const done = this.#device(id).commands[name]
    if (!done) throw new BenchError('device.unsupported', `${id} cannot do ${name}`, { device: id })
    return done
  }

  #failure(name: string, error: unknown): Failure {
    if (error instanceof BenchError) return error.toFailure()
    this.#log.error({ command: name, error }, 'a command failed for a reason nobody foresaw')
    return { code: 'internal', message: `${name} failed inside the bridge: its log has the details` }
  }
}
