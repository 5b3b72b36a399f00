import type { Context } from 'koa'
import type { Role } from '../../shared/access/access.ts'
import type { Caller } from '../device/device.ts'

interface Common {
  method: 'get' | 'post' | 'patch' | 'delete' | 'options'
  path: string
  /** It reads the body itself, of so many bytes at most. Without it the body is JSON of 256 kB, which is parsed before `handle`. */
  upload?: number
}

/** A route for everybody whom the bridge knows; what they may do `handle` finds out. */
interface KnownRoute extends Common {
  role: 'known'
  handle(context: Context, caller: Caller): Promise<void> | void
}

/** A route that anybody may ask, signed in or not. */
interface OpenRoute extends Common {
  role: 'anybody'
  handle(context: Context, caller: Caller | undefined): Promise<void> | void
}

/** A route for those of at least this role. */
interface GuardedRoute extends Common {
  role: Role
  /** The path's parameter that names a device, for tokens that are bound to some. Without it they are turned away. */
  device?: string
  /**
   * `stands`: whether the caller would be let through now, for what outlasts the answer. The answer itself ends when it
   * does not stand any more.
   */
  handle(context: Context, caller: Caller, stands: () => boolean): Promise<void> | void
}

/** One HTTP route: who may ask for it stands beside what it does, and one gate reads it. */
export type Route = OpenRoute | KnownRoute | GuardedRoute

/** A path's parameter, as the router found it. */
export function parameter(context: Context, name: string): string {
  const params = context['params'] as Record<string, string | undefined>
  return params[name] ?? ''
}
