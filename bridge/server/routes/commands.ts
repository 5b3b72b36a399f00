import { z } from 'zod'
import { commands, findCommand } from '../../../shared/commands.ts'
import type { Command } from '../../../shared/wire/command.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { Commands } from '../call.ts'
import { httpStatus } from '../http.ts'
import { parameter, type Route } from '../route.ts'
import type { Caller } from '../../device/device.ts'
import type { Context } from 'koa'

/** `POST /api/commands/<name>` for every command that needs no connection, and their description at `/api/openapi.json`. */
export function commandRoutes(doors: Commands, version: string): Route[] {
  // Made once, which takes long: anybody may ask for it as often as they like.
  const description = JSON.stringify(describe(version))
  const run = async (context: Context, caller: Caller): Promise<void> => {
    const name = parameter(context, 'name')
    if (findCommand(name)?.only === 'socket') {
      throw new BenchError('input.invalid', `${name} needs a connection that stays: call it over Socket.IO`)
    }
    const result = await doors.call(name, (context.request as { body?: unknown }).body, caller)
    context.status = result.ok ? 200 : httpStatus(result.error.code)
    context.body = result
  }
  return [
    // Each command says itself whom it is for.
    { method: 'post', path: '/api/commands/:name', role: 'known', handle: run },
    {
      method: 'get',
      path: '/api/openapi.json',
      role: 'anybody',
      handle: (context) => {
        context.type = 'json'
        context.body = description
      },
    },
  ]
}

/** OpenAPI 3.1, made from the declarations. */
function describe(version: string): object {
  const paths: Record<string, object> = {}
  for (const [name, command] of Object.entries<Command>(commands)) {
    if (command.only === 'socket') continue
    paths[`/api/commands/${name}`] = {
      post: {
        operationId: name,
        summary: command.about,
        description: `Needs the role ${command.role}.`,
        requestBody: {
          content: { 'application/json': { schema: z.toJSONSchema(command.input, { io: 'input' }) } },
        },
        responses: {
          200: {
            description: 'Done',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['ok', 'value'],
                  properties: { ok: { const: true }, value: z.toJSONSchema(command.output) },
                },
              },
            },
          },
        },
      },
    }
  }
  return { openapi: '3.1.0', info: { title: 'Lightbench', version }, paths }
}
