import type { Context } from 'koa'
import { z } from 'zod'
import type { Caller } from '../device/device.ts'
import type { Route } from '../server/route.ts'
import type { Ctp10Api } from './api.ts'
import { invalid, refusal } from './api-error.ts'

const nothing = z.object({})
type Nothing = typeof nothing

/** One route of exfo-ctp10-api: what it takes, and what it answers as JSON. */
interface ApiRoute<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  method: 'get' | 'post'
  path: string
  params?: P
  query?: Q
  body?: B
  /** It is there whether the instrument is connected or not. */
  always?: true
  handle(
    input: { params: z.output<P>; query: z.output<Q>; body: z.output<B> },
    caller: Caller,
    context: Context,
  ): unknown
}

/** Makes it a route of the bridge: viewers may GET, operators may POST, failures are worded as that API words them. */
export function apiRoute<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = Nothing,
>(api: Ctp10Api, spec: ApiRoute<P, Q, B>): Route {
  const { method, path } = spec
  return {
    method,
    path,
    role: method === 'get' ? 'viewer' : 'operator',
    handle: async (context: Context, caller: Caller) => {
      api.asked(caller)
      try {
        const given = (context.request as { body?: unknown }).body ?? {}
        const input = {
          params: parse('path', spec.params ?? nothing, context['params']) as z.output<P>,
          query: parse('query', spec.query ?? nothing, context.query) as z.output<Q>,
          body: parse('body', spec.body ?? nothing, given) as z.output<B>,
        }
        // The getter throws 503 while there is no instrument.
        if (!spec.always) void api.ctp10
        const answer = await spec.handle(input, caller, context)
        if (answer !== undefined) context.body = answer
      } catch (error) {
        const said = refusal(error)
        if (!said) throw error
        context.status = said.status
        context.body = said.body
      }
    },
  }
}

function parse(where: 'path' | 'query' | 'body', schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid(where, parsed.error)
}

const words = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
])

/** A yes or no as people write it in a query: Python's `True` too. */
export const yesOrNo = z
  .string()
  .transform((text, context) => {
    const meant = words.get(text.toLowerCase())
    if (meant === undefined) context.addIssue({ code: 'custom', message: 'a boolean is needed' })
    return meant ?? false
  })
  .default(false)

/** A number in a path or a query, where everything is text. */
export function number(low: number, high: number): z.ZodType<number> {
  return z.string().min(1).transform(Number).pipe(z.number().min(low).max(high))
}

/** The same for a whole number. */
export function whole(low: number, high: number): z.ZodType<number> {
  return number(low, high).refine(Number.isInteger, 'a whole number is needed')
}

/** `module` and `channel` of a query, with that API's defaults. */
export function place(api: Ctp10Api) {
  return z.object({
    module: whole(1, 20)
      .optional()
      .transform((module) => module ?? api.defaultModule),
    channel: whole(1, 6)
      .optional()
      .transform((channel) => channel ?? 1),
  })
}
