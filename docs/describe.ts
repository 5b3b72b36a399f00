import { z } from 'zod'
import { benchFile } from '../bridge/bench/config.ts'
import { drivers } from '../bridge/bench/drivers.ts'
import type { Command } from '../shared/wire/command.ts'
import { commands } from '../shared/commands.ts'
import { errorCode } from '../shared/wire/errors.ts'
import { topics } from '../shared/topics.ts'

interface Schema {
  type?: string | string[]
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: Schema | boolean
  writeOnly?: boolean
  enum?: unknown[]
  const?: unknown
  default?: unknown
  minimum?: number
  maximum?: number
  anyOf?: Schema[]
}

/** Topics that are one a bench; the others are one a device. */
const ALONE = ['bench', 'control']

/** docs/protocol.md, made from the contract. */
export function protocolPage(): string {
  const sections = Object.entries<Command>(commands).map(([name, command]) => {
    const input = z.toJSONSchema(command.input, { io: 'input' }) as Schema
    const output = z.toJSONSchema(command.output) as Schema
    const over = command.only === 'socket' ? 'Socket.IO only' : `Socket.IO, or \`POST /api/commands/${name}\``
    return `### ${name}\n\n${command.about}\n\nRole: ${command.role}. Over: ${over}.\n\nInput:\n\n${table(input)}\nOutput:\n\n${table(output)}`
  })
  const states = Object.entries(topics).map(
    ([name, { role, state }]) =>
      `### ${ALONE.includes(name) ? name : `${name}/<id>`}\n\nRole: ${role}.\n\n${table(z.toJSONSchema(state) as Schema)}`,
  )
  return `# The wire protocol

This page is made from the schemas in \`shared/\` (\`npm run docs\`); a test holds it to them.

Everything travels over one HTTP port: Socket.IO for commands, topics and streams, REST for commands that need no
connection, plain HTTP for files. A member that a command does not have is an error. One that is marked secret may be sent and is never
answered ([access.md](access.md#secrets)). Every answer is \`{ "ok": true, "value": … }\` or
\`{ "ok": false, "error": { "code", "message", "device"? } }\`. \`/api/openapi.json\` describes the REST side.

Error codes: ${errorCode.options.map((code) => `\`${code}\``).join(', ')}.

## Topics

\`topic.subscribe\` answers \`{ rev, snapshot }\`. Then each event \`patch { topic, rev, patch }\` holds a JSON merge patch
(RFC 7396) and the next revision. What a stuck link keeps back is owed: once the link has drained, one patch stands for all
of it, \`patch { topic, rev, since, patch }\`, which applies to revision \`since\` alone. A gap in the revisions means that a
patch was lost: subscribe again. \`session.hello { topics }\` says how far the bridge has sent each topic: whoever has another
revision then has missed something, and subscribes again. No state holds null.

${states.join('\n')}
## Streams

\`stream.open\` begins a stream; packets come as the event \`stream\` with the stream's name and the bytes. Acknowledge each
with the event \`stream.ack { stream, seq }\` when it has been handled. At most \`window\` packets are under way
unacknowledged; beyond that the newest replaces the one that waits, and the packet's \`dropped\` counts what was replaced. An
acknowledgement that is lost is forgiven after 2 s. On a stuck link the newest packet waits until the link has drained.

Samples (\`power/<id>\`, \`power/<id>/<slot>\` of a further module, \`readings/<id>\` of a declared instrument), little-endian: u8 kind (1), u8 columns, u16 rows, u32 seq, u32 dropped, u32 reserved, then a f64
time a row (ms since the epoch), then a f32 a value, row by row; NaN where there was none. The first packet holds the last
minute.

## Files

- \`GET /api/traces/<id>.npy\`: a trace's samples, NPY 1.0, one axis of big-endian float32. Sample i lies at axis.start + i · axis.step, in axis.unit.
  [traces.md](traces.md) has the other formats, the window for a plot, and the upload.
- \`GET /api/devices/<id>/journal.csv|jsonl\`: every exchange with an instrument; [sharing.md](sharing.md) has the filter.
- \`GET /api/audit.csv|jsonl\`, \`POST /api/sign-in|sign-out|set-up|estop\`: [access.md](access.md).
- \`GET /api/media/<id>\`, \`/thumbnail\`, \`/preview\`, \`GET /api/cameras/<id>/still.tiff|png|jpg\`: [gallery.md](gallery.md).
- \`GET /api/cameras/<id>/mjpeg\`: JPEG pictures as multipart/x-mixed-replace, for what cannot take WebRTC.
- \`GET /health\`: the bridge's own health, and each device's phase.

## Commands

${sections.join('\n')}`
}

/** docs/configuration.md, made from the schema of bench.yaml and of every driver. */
export function configurationPage(): string {
  const bench = z.toJSONSchema(benchFile, { io: 'input' }) as Schema
  const kinds = [...drivers.values()].map(
    (driver) => `### ${driver.kind}\n\n${table(z.toJSONSchema(driver.config, { io: 'input' }) as Schema)}`,
  )
  return `# bench.yaml

This page is made from the schemas (\`npm run docs\`); a test holds it to them. A mistake in the file is reported with file,
line, path and what was expected; a key that is not listed here is a mistake, and so are a key that comes twice, a tag
(\`!…\`), more than 100 aliases, and a file of more than 100 kB. So are a data folder that cannot be made or written, and
TLS files that cannot be read or do not belong together; a certificate that has expired is served, with a warning in the
log.

${table(bench)}
## Devices

Under \`devices\`, each device by its name (a-z, 0-9 and -) with its \`driver\`, an optional \`title\` for the page, and what
the driver takes:

${kinds.join('\n')}`
}

function table(schema: Schema): string {
  const rows = fields(schema, '')
  if (rows.length === 0) return `${typeOf(schema)}\n`
  return `| field | type | what |\n| --- | --- | --- |\n${rows.join('\n')}\n`
}

function fields(schema: Schema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const optional = schema.required?.includes(name) ? '' : '?'
    const said = [
      field.writeOnly ? '**secret**' : undefined,
      field.description,
      field.default === undefined || (path === '' && typeof field.default === 'object')
        ? undefined
        : `default \`${JSON.stringify(field.default)}\``,
    ]
    const what = said.filter((part) => part !== undefined).join('; ')
    const row = `| \`${path}${name}${optional}\` | ${typeOf(field)} | ${what} |`
    const named = typeof field.additionalProperties === 'object' ? field.additionalProperties : undefined
    const inner = field.items?.properties
      ? fields(field.items, `${path}${name}[].`)
      : named?.properties
        ? fields(named, `${path}${name}.NAME.`)
        : fields(field, `${path}${name}.`)
    return [row, ...inner]
  })
}

function typeOf(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'anything'}`
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object' && !schema.properties) {
    const inner = fields(schema.additionalProperties, '')
    return inner.length > 0 ? 'object by name' : `${typeOf(schema.additionalProperties)} by name`
  }
  const range =
    schema.minimum === undefined || schema.maximum === undefined || schema.maximum > 1e15
      ? ''
      : ` ${schema.minimum} to ${schema.maximum}`
  return `${String(schema.type ?? 'anything')}${range}`
}
