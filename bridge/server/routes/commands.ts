import type Router from '@koa/router'
import { z } from 'zod'
import type { Role } from '../../../shared/access.ts'
import { commands, findCommand } from '../../../shared/commands.ts'
import type { Command } from '../../../shared/command.ts'
import type { Commands } from '../call.ts'
import { httpStatus } from '../http.ts'

/** `POST /api/commands/<name>` for every command that needs no connection, and their description at `/api/openapi.json`. */
export function commandRoutes(doors: Commands, role: Role, version: string): (router: Router) => void {
  return (router) => {
    router.post('/api/commands/:name', async (context) => {
      const name = context.params['name'] ?? ''
      if (findCommand(name)?.only === 'socket') {
        context.status = 400
        const message = `${name} needs a connection that stays: call it over Socket.IO`
        context.body = { ok: false, error: { code: 'input.invalid', message } }
        return
      }
      const gone = new AbortController()
      context.res.once('close', () => gone.abort())
      const caller = { role, address: context.ip, signal: gone.signal }
      const result = await doors.call(name, (context.request as { body?: unknown }).body, caller)
      context.status = result.ok ? 200 : httpStatus(result.error.code)
      context.body = result
    })
    router.get('/api/openapi.json', (context) => {
      context.body = describe(version)
    })
  }
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
