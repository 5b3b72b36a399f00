import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { drivers } from '../../bridge/bench/drivers.ts'

describe.each([...drivers.values()])('$kind', (driver) => {
  it('is called <family>.<name>', () => {
    expect(driver.kind).toMatch(new RegExp(`^${driver.family}\\.[a-z0-9-]+$`))
  })

  it('explains each of its settings and takes no unknown one', () => {
    const schema = z.toJSONSchema(driver.config, { io: 'input' })
    expect(schema.additionalProperties).toBe(false)
    for (const [name, setting] of Object.entries(schema.properties ?? {})) {
      expect(typeof setting === 'object' && setting.description, `${name} needs .describe()`).toBeTruthy()
    }
  })
})
