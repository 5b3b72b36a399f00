import type { z } from 'zod'
import { type Command, deviceOf, feedOf, isAudited } from '../../shared/wire/command.ts'
import { type CommandName, commands, findCommand } from '../../shared/commands.ts'
import { concealed, holdsSecrets } from '../../shared/wire/conceal.ts'
import { topicRole } from '../../shared/topics.ts'
import { BenchError, explainIssues, type Failure, type Result } from '../../shared/wire/errors.ts'
import { keptReference } from '../../shared/wire/secret-reference.ts'
import type { Caller, Device, Handler, Handlers } from '../device/device.ts'
import type { Logger } from '../core/log.ts'
import { issuesWithoutInput } from '../core/redact.ts'
import { Budget } from './budget.ts'
import { requireReach, requireRole, requireScope } from './gate.ts'

/** A page at work makes some ten calls a second; a runaway script makes thousands. All scripts of one identity share one. */
const PER_CONNECTION = { perS: 100, burst: 300 }
/** A session's or token's, over all its connections. */
const PER_IDENTITY = { perS: 400, burst: 1200 }

/** Where a device's open form is found. Throws `device.unknown` or `device.faulted`. */
export type FindDevice = (id: string) => Device

/** A call that is over, for the audit. */
export interface Call {
  name: string
  input: unknown
  caller: Caller | undefined
  /** Where it came from, of a call by nobody. */
  address?: string
  result: Result<unknown>
  /** In place of the failure's own message, where that quotes an input that nobody has looked at. */
  message?: string | undefined
  ms: number
}

/** Throws unless the call may act now. */
type Gate = (command: Command, input: Record<string, unknown>, caller: Caller) => void

interface Doors {
  /** The bench's own; a command that has none of them goes to the device that its input names. */
  handlers: Handlers
  device: FindDevice
  permit: Gate
  /** Throws unless the caller has shown lately who they are. */
  requireProof: (caller: Caller, what: string) => void
  /** The same for what the bridge goes on with by itself. */
  mayContinue: Gate
  /** Hears of every call that belongs in the audit, refused ones too. */
  audit: (call: Call) => void
  log: Logger
}

/** The one door that every command goes through, whichever wire it came over. */
export class Commands {
  readonly #doors: Doors
  readonly #connections = new Budget(PER_CONNECTION)
  readonly #identities = new Budget(PER_IDENTITY)

  constructor(doors: Doors) {
    this.#doors = doors
    // A schema is compiled when it is first used, which takes some ms: not while somebody waits for a stop.
    for (const { safe, input } of Object.values<Command>(commands)) if (safe) input.safeParse({})
  }

  /**
   * Asks for the role, parses the input, asks whether what it names is within the caller's reach and may act now, and does
   * it: whoever may not call it learns nothing of what would be right. `address`: where a call by nobody comes from. Never
   * rejects: what goes wrong is in the result. A command that waits for nothing is done in the tick in which this is called.
   */
  call(
    name: string,
    input: unknown,
    caller: Caller | undefined,
    own: Handlers = {},
    address?: string,
  ): Promise<Result<unknown>> {
    return this.#call(name, input, caller, { own, isStep: false, address })
  }

  /**
   * The same for a step of what the caller has begun and the bridge goes on with, such as a pattern: it asks whether it
   * may go on, and counts as nothing that the caller has done.
   */
  step(name: CommandName, input: unknown, caller: Caller): Promise<Result<unknown>> {
    return this.#call(name, input, caller, { own: {}, isStep: true })
  }

  async #call(
    name: string,
    input: unknown,
    caller: Caller | undefined,
    how: { own: Handlers; isStep: boolean; address?: string | undefined },
  ): Promise<Result<unknown>> {
    const begun = caller?.arrivedAt ?? performance.now()
    const command = findCommand(name)
    let result: Result<unknown>
    let message: string | undefined
    try {
      if (!command) throw new BenchError('input.invalid', `there is no command "${name.slice(0, 80)}"`)
      result = { ok: true, value: await this.#do(name as CommandName, command, input, caller, how) }
    } catch (error) {
      result = { ok: false, error: this.#failure(name, error) }
      if (error instanceof InvalidInput) ({ withoutInput: message } = error)
    }
    if (command && isAudited(command)) {
      const { address = '' } = how
      this.#doors.audit({ name, input, caller, address, result, message, ms: performance.now() - begun })
    }
    return result
  }

  #do(
    name: CommandName,
    command: Command,
    input: unknown,
    caller: Caller | undefined,
    { own, isStep }: { own: Handlers; isStep: boolean },
  ): Promise<unknown> {
    requireRole(caller, command.role, name)
    if (!isStep && !command.safe && !this.#spend(caller)) {
      throw new BenchError(
        'calls.exceeded',
        'too many calls: wait for their answers, and make fewer a second',
      )
    }
    requireReach(caller, command, name)
    const { permit, mayContinue, requireProof } = this.#doors
    if (command.fresh) requireProof(caller, name)
    const parsed = command.input.safeParse(input ?? {})
    if (!parsed.success) throw new InvalidInput(name, command, parsed.error)
    const { data } = parsed
    const feed = feedOf(command, data)
    if (feed !== undefined) requireRole(caller, topicRole(feed), feed)
    requireScope(caller, command, data, name)
    if (isStep) mayContinue(command, data, caller)
    else permit(command, data, caller)
    const answer = this.#find(name, command, data, own)(data, caller)
    return holdsSecrets(command.output) ? answer.then((value) => shown(command, value)) : answer
  }

  /** By what the caller cannot choose: the name of its page it can. */
  #spend({ via, key, connection }: Caller): boolean {
    const identity = `${via} ${key}`
    return this.#connections.spend(connection ?? identity) && this.#identities.spend(identity)
  }

  #find(
    name: CommandName,
    command: Command,
    input: Record<string, unknown>,
    own: Handlers,
  ): Handler<CommandName> {
    const handler = own[name] ?? this.#doors.handlers[name]
    if (handler) return handler
    const id = deviceOf(command, input)
    if (id === undefined) throw new BenchError('device.unsupported', `${name} is not to be had here`)
    const done = this.#doors.device(id).commands[name]
    if (!done) throw new BenchError('device.unsupported', `${id} cannot do ${name}`, { device: id })
    return done
  }

  #failure(name: string, error: unknown): Failure {
    if (error instanceof BenchError) return error.toFailure()
    this.#doors.log.error({ command: name, error }, 'a command failed for a reason nobody foresaw')
    return { code: 'internal', message: `${name} failed inside the bridge: its log has the details` }
  }
}

/** Says what is wrong with an input; and the same without a word of the input, for the audit. */
class InvalidInput extends BenchError {
  readonly withoutInput: string

  constructor(name: CommandName, { input }: Command, error: z.ZodError) {
    super('input.invalid', `${name}: ${explainIssues(error)}`)
    this.withoutInput = issuesWithoutInput(input, error)
  }
}

/** What is answered of a value: of each secret that is still in it, that it is kept. */
function shown({ output }: Command, value: unknown): unknown {
  return concealed(output, value, () => keptReference())
}
