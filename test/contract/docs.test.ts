import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { configurationPage, protocolPage } from '../../docs/describe.ts'

const page = (name: string): Promise<string> =>
  readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

it('keeps the pages that are made from the schemas up to date (npm run docs makes them)', async () => {
  expect(await page('protocol.md')).toBe(protocolPage())
  expect(await page('configuration.md')).toBe(configurationPage())
})
