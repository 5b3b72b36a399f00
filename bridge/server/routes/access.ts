import type { Context } from 'koa'
import { z } from 'zod'
import type { Access } from '../../access/access.ts'
import type { KnownBrowsers } from '../../access/known-browsers.ts'
import type { OidcProvider } from '../../access/oidc.ts'
import { BenchError, explainIssues } from '../../../shared/wire/errors.ts'
import { httpStatus } from '../http.ts'
import type { Route } from '../route.ts'
import { callerOf } from '../who.ts'
import type { Call } from '../call.ts'

const person = z.object({ name: z.string().max(64), password: z.string().max(200) })
const signIn = person.extend({ code: z.string().max(64).optional() })
const setUp = person.extend({ key: z.string().max(200) })

/** Where the identity provider sends a browser back to, seen from the bench's page. */
const CALLBACK = 'api/oidc/callback'
const OIDC_COOKIE = '-oidc'
const OIDC_COOKIE_MS = 600_000

interface AccessRoutes {
  access: Access
  browsers: KnownBrowsers
  /** The lab's identity provider, where there is one. */
  provider: OidcProvider | undefined
  /** Whether browsers ask over TLS. */
  secure: boolean
  sessionMostMs: number
  audit: (call: Call) => void
}

/** Signing in, out, and setting up: routes of their own, since only an HTTP answer can give a browser its cookie. */
export function accessRoutes({
  access,
  browsers,
  provider,
  secure,
  sessionMostMs,
  audit,
}: AccessRoutes): Route[] {
  const letIn = async (
    context: Context,
    input: { name: string },
    work: () => Promise<string>,
  ): Promise<void> => {
    const begun = performance.now()
    const call = { name: context.path.slice('/api/'.length), input, ms: 0, address: context.ip }
    try {
      const secret = await work()
      const cookie = access.cookie.header(secret, sessionMostMs)
      const known = access.identify(cookie.split(';', 1)[0], undefined)
      const caller = known && callerOf(known, '', context.ip, new AbortController().signal)
      // Its attempts are told from a stranger's from now on.
      context.set('Set-Cookie', [cookie, browsers.cookieFor(input.name)])
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
  const callbackOf = (context: Context): string =>
    new URL(CALLBACK, provider?.pageUrl ?? `${secure ? 'https' : 'http'}://${context.headers.host ?? ''}/`)
      .href
  /** A browser that has left the page is shown what went wrong as a page. */
  const asPage = async (context: Context, work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof BenchError)) throw error
      context.status = httpStatus(error.code)
      context.type = 'html'
      context.body = problemPage(error.message)
    }
  }
  const oidcRoutes: Route[] = provider
    ? [
        {
          method: 'get',
          path: '/api/oidc/start',
          role: 'anybody',
          handle: (context) =>
            asPage(context, async () => {
              const page = String(context.query['page'] ?? '')
              const anew = context.query['anew'] !== undefined
              const { url, cookie } = await provider.begin(callbackOf(context), page, anew)
              context.set('Set-Cookie', access.cookie.headerBeside(OIDC_COOKIE, cookie, OIDC_COOKIE_MS))
              context.redirect(url.href)
            }),
        },
        {
          method: 'get',
          path: `/${CALLBACK}`,
          role: 'anybody',
          handle: (context) =>
            asPage(context, async () => {
              const url = new URL(callbackOf(context))
              url.search = context.search
              let target = '#/'
              const input = { name: '' }
              await letIn(context, input, async () => {
                const kept = access.cookie.valueIn(context.headers.cookie, OIDC_COOKIE)
                const { person, page } = await provider.finish(url, kept)
                input.name = person.name?.slice(0, 64) ?? ''
                target = page
                const role = provider.roleOf(person.groups)
                return (await access.signInFromProvider(person, role, context.ip)).secret
              })
              context.append('Set-Cookie', access.cookie.headerBeside(OIDC_COOKIE, undefined, 0))
              // Seen from the callback, on whatever path a proxy has the bench.
              context.redirect(`../../${target}`)
            }),
        },
      ]
    : []
  return [
    ...oidcRoutes,
    {
      method: 'get',
      path: '/api/sign-in',
      role: 'anybody',
      handle: (context) => {
        context.body = { ok: true, value: provider ? { provider: provider.title } : {} }
      },
    },
    {
      method: 'post',
      path: '/api/sign-in',
      role: 'anybody',
      handle: (context) => {
        const { name, password, code } = body(context, signIn)
        const browser = browsers.find(context.headers.cookie, name)
        return letIn(context, { name }, () => access.signIn(name, password, context.ip, { code, browser }))
      },
    },
    {
      method: 'post',
      path: '/api/set-up',
      role: 'anybody',
      handle: (context) => {
        const { key, name, password } = body(context, setUp)
        return letIn(context, { name }, () => access.setUp(key, name, password, context.ip))
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

function problemPage(message: string): string {
  const text = message.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Not signed in</title><h1>Not signed in</h1><p>${text}</p><p><a href="../../#/sign-in">Back to the bench</a></p></html>`
}

function body<S extends z.ZodType>(context: Context, schema: S): z.output<S> {
  const parsed = schema.safeParse((context.request as { body?: unknown }).body ?? {})
  if (parsed.success) return parsed.data
  throw new BenchError('input.invalid', `${context.path}: ${explainIssues(parsed.error)}`)
}
