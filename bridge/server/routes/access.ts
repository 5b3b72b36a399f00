import type { Context } from 'koa'
import { z } from 'zod'
import type { Access } from '../../access/access.ts'
import type { KnownBrowsers } from '../../access/known-browsers.ts'
import { BenchError, explainIssues } from '../../../shared/errors.ts'
import type { Route } from '../route.ts'
import { callerOf } from '../who.ts'
import type { Call } from '../call.ts'

const person = z.object({ name: z.string().max(64), password: z.string().max(200) })
const signIn = person.extend({ code: z.string().max(64).optional() })
const setUp = person.extend({ key: z.string().max(200) })

interface AccessRoutes {
  access: Access
  browsers: KnownBrowsers
  sessionMostMs: number
  audit: (call: Call) => void
}

/** Signing in, out, and setting up: routes of their own, since only an HTTP answer can give a browser its cookie. */
export function accessRoutes({ access, browsers, sessionMostMs, audit }: AccessRoutes): Route[] {
  const letIn = async (context: Context, name: string, work: () => Promise<string>): Promise<void> => {
    const begun = performance.now()
    const call = { name: context.path.slice('/api/'.length), input: { name }, ms: 0, address: context.ip }
    try {
      const secret = await work()
      const cookie = access.cookie.header(secret, sessionMostMs)
      const known = access.identify(cookie.split(';', 1)[0], undefined)
      const caller = known && callerOf(known, '', context.ip, new AbortController().signal)
      // Its attempts are told from a stranger's from now on.
      context.set('Set-Cookie', [cookie, browsers.cookieFor(name)])
      context.body = { ok: true, value: {} }
      audit({ ...call, caller, result: { ok: true, value: {} }, ms: performance.now() - begun })
    } catch (error) {
      if (error instanceof BenchError) {
        const ms = performance.now() - begun
        audit({ ...call, caller: undefined, result: { ok: false, error: error.toFailure() }, ms })
      }
      throw error
    }
  }
  return [
    {
      method: 'post',
      path: '/api/sign-in',
      role: 'anybody',
      handle: (context) => {
        const { name, password, code } = body(context, signIn)
        const browser = browsers.find(context.headers.cookie, name)
        return letIn(context, name, () => access.signIn(name, password, context.ip, { code, browser }))
      },
    },
    {
      method: 'post',
      path: '/api/set-up',
      role: 'anybody',
      handle: (context) => {
        const { key, name, password } = body(context, setUp)
        return letIn(context, name, () => access.setUp(key, name, password, context.ip))
      },
    },
    {
      method: 'post',
      path: '/api/sign-out',
      role: 'anybody',
      handle: async (context, caller) => {
        // Whatever the disk says, the session has ended.
        context.set('Set-Cookie', access.cookie.header(undefined, 0))
        context.body = { ok: true, value: {} }
        if (!caller) return
        const call = { name: 'sign-out', input: {}, caller, ms: 0 }
        try {
          await access.signOut(caller)
          audit({ ...call, result: { ok: true, value: {} } })
        } catch (error) {
          if (error instanceof BenchError) audit({ ...call, result: { ok: false, error: error.toFailure() } })
          throw error
        }
      },
    },
  ]
}

function body<S extends z.ZodType>(context: Context, schema: S): z.output<S> {
  const parsed = schema.safeParse((context.request as { body?: unknown }).body ?? {})
  if (parsed.success) return parsed.data
  throw new BenchError('input.invalid', `${context.path}: ${explainIssues(parsed.error)}`)
}
