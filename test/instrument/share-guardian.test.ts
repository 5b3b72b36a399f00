import { expect, it } from 'vitest'
import { BenchError } from '../../shared/wire/errors.ts'
import { Answers } from '../../bridge/instrument/share/answers.ts'
import { Console } from '../../bridge/instrument/share/console.ts'
import { callerAs } from '../support/caller.ts'
import { Script, share, type Shared } from './share-rig.ts'

const LOST = new BenchError('guardian.lost', 'the guardian is lost: nobody would end that light')

/** An instrument whose light `:OUTP ON` switches on; `comes` notes what it had been sent by then. */
async function shared(): Promise<
  Shared & { knew: string[][]; refuse: (error: BenchError | undefined) => void }
> {
  const clients = [{ name: 'night run', address: '127.0.0.1', mayEmit: true }]
  const port = await share(
    (line, socket) => {
      if (line === ':SYST:ERR?') socket.write('0,"No error"\n')
      else if (line.endsWith('?')) socket.write('1\n')
    },
    { clients },
  )
  const knew: string[][] = []
  let refused: BenchError | undefined
  port.line.dialect = {
    ...{ headers: [], errorQueue: false },
    light: {
      mayCome: (message) => message.startsWith(':OUTP ON'),
      comes: () => {
        if (refused) throw refused
        knew.push([...port.lines])
      },
    },
  }
  return Object.assign(port, { knew, refuse: (error: BenchError | undefined) => (refused = error) })
}

it('tells the driver before a program’s message leaves that may switch light on, and of no other', async () => {
  await using port = await shared()
  using script = await Script.connect(port.raw)
  script.write(':SOUR:POW 1')
  script.write(':OUTP ON')
  expect(await script.ask(':OUTP?')).toBe('1')
  expect(port.knew).toHaveLength(1)
  expect(port.knew[0]).not.toContain(':OUTP ON')
  expect(port.lines).toEqual([':SOUR:POW 1', ':OUTP ON', ':OUTP?'])
})

it('sends no program’s light where no guardian would end it, and says why; the program goes on', async () => {
  await using port = await shared()
  using script = await Script.connect(port.raw)
  port.refuse(LOST)
  script.write(':OUTP ON')
  script.write(':SOUR:POW 1')
  expect(await script.ask(':SYST:ERR?')).toMatch(/^-203,"Command protected;the guardian is lost/)
  expect(port.lines).toEqual([':SOUR:POW 1'])
  port.refuse(undefined)
  script.write(':OUTP ON')
  expect(await script.ask(':OUTP?')).toBe('1')
  expect(port.lines).toContain(':OUTP ON')
})

it('sends none from the console either', async () => {
  await using port = await shared()
  const { line } = port
  const answers = new Answers()
  const permits = { permit: () => {}, mayContinue: () => {} }
  const console = new Console({ device: 'dut', line, answers, allowed: true, ...permits })
  port.refuse(LOST)
  const exchanges = await console.send(':SOUR:POW 1\r:OUTP ON\r:SOUR:POW 2', 1000, callerAs())
  expect(exchanges).toMatchObject([
    { sent: ':SOUR:POW 1', kind: 'none' },
    { sent: ':OUTP ON', kind: 'failed', error: { code: 'guardian.lost' } },
  ])
  await expect.poll(() => port.lines).toEqual([':SOUR:POW 1'])
})
