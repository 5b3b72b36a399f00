import { expect, it } from 'vitest'
import { commands } from '../../shared/commands.ts'
import { EMPTY_TOKEN, tokenInput } from '../../web/access/token-draft.ts'

it('binds a token to what was chosen, and to all when nothing was', () => {
  expect(tokenInput({ ...EMPTY_TOKEN, name: 'kiosk' })).toEqual({ name: 'kiosk', role: 'viewer', scope: {} })
  expect(tokenInput({ ...EMPTY_TOKEN, devices: ['dut'] }).scope).toEqual({ devices: ['dut'] })
})

it('lets it live until its last day is over', () => {
  const input = tokenInput({ ...EMPTY_TOKEN, name: 'kiosk', lastDay: '2026-03-09' })
  expect(input.expiresAt).toBe(new Date(2026, 2, 10).getTime() - 1)
  expect(commands['token.add'].input.safeParse(input).success).toBe(true)
})
