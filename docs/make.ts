import { writeFile } from 'node:fs/promises'
import { configurationPage, protocolPage } from './describe.ts'

await writeFile(new URL('protocol.md', import.meta.url), protocolPage())
await writeFile(new URL('configuration.md', import.meta.url), configurationPage())
