import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Controller, type ControllerOptions } from '../../simulators/grbl/controller.ts'
import type { LightChange } from '../../simulators/grbl/laser.ts'
import { serve } from '../../simulators/grbl/server.ts'

/** A clock for the simulator and its test that stands while this machine is held up. */
function startClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'hrtime'] })
  const ticking = setInterval(() => vi.advanceTimersByTime(1), 1)
  onTestFinished(() => {
    clearInterval(ticking)
    vi.useRealTimers()
  })
}

/** A raw client of a simulator in this process. */
async function client(options: Partial<ControllerOptions> = {}, settings: Record<number, number> = {}) {
  startClock()
  const light: LightChange[] = []
  const motion: { moving: boolean; ns: bigint }[] = []
  const machine = new Controller(
    { travel: [200, 100], start: [-20, -20], backlash: [0, 0], dwellStepMs: 50, resetMs: 2, ...options },
    {
      light: (change) => light.push(change),
      motion: (moving, ns) => motion.push({ moving, ns }),
      realTime: () => {},
    },
  )
  for (const [number, value] of Object.entries(settings)) machine.settings.store(Number(number), value)
  if (!machine.settings.isSet(22)) machine.state = 'Idle'
  const server = await serve(machine, { host: '127.0.0.1', port: 0, resetOnConnect: false })
  const socket: Socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  onTestFinished(async () => {
    socket.destroy()
    await server[Symbol.asyncDispose]()
  })
  const lines: string[] = []
  let text = ''
  socket.on('data', (bytes: Buffer) => {
    const parts = (text + bytes.toString('latin1')).split('\r\n')
    text = parts.pop()!
    lines.push(...parts.filter((line) => line !== ''))
  })
  let read = 0
  /** The lines from the last read on up to the one that is waited for. */
  const until = async (wanted: RegExp | string, timeout = 3000): Promise<string[]> => {
    const is = (line: string): boolean => (typeof wanted === 'string' ? line === wanted : wanted.test(line))
    await expect.poll(() => lines.slice(read).some(is), { timeout, interval: 2 }).toBe(true)
    const end = lines.findIndex((line, i) => i >= read && is(line)) + 1
    const found = lines.slice(read, end)
    read = end
    return found
  }
  const write = (bytes: string): void => void socket.write(bytes, 'latin1')
  const ask = (line: string, timeout?: number): Promise<string[]> => {
    write(`${line}\n`)
    return until(/^(ok|error:\d+)$/, timeout)
  }
  const status = async (): Promise<string> => {
    write('?')
    return (await until(/^</)).at(-1)!
  }
  const reset = async (): Promise<string[]> => {
    write('\x18')
    return until(/^Grbl/)
  }
  return { machine, light, motion, until, write, ask, status, reset, lines }
}

const tookMs = ([from, to]: readonly { ns: bigint }[]): number => Number(to!.ns - from!.ns) / 1e6
/** Homed without the time that it takes, for tests of something else. */
const FREE = { 22: 0, 20: 0 }

it('says who it is, lists its settings and refuses what it does not know', async () => {
  const { ask } = await client()
  expect(await ask('$I')).toEqual(['[VER:1.1h.20190830:]', '[OPT:V,15,128]', 'ok'])
  const settings = await ask('$$')
  expect(settings).toContain('$32=1')
  expect(settings).toContain('$120=500.000')
  expect(await ask('$999=1')).toEqual(['error:3'])
  expect(await ask('$31=-1')).toEqual(['error:4'])
  expect(await ask('')).toEqual(['ok'])
})

it('is locked when it is switched on, and homes: fast, off, slowly, off', async () => {
  const { ask, status, machine } = await client({ start: [-20, -8] })
  expect(await status()).toMatch(/^<Alarm\|/)
  expect(await ask('G1X1F10')).toEqual(['error:9'])
  expect(await ask('$J=G91X-1F100')).toEqual(['error:8'])
  expect(await ask('$H', 5000)).toEqual(['ok'])
  expect(await status()).toMatch(/^<Idle\|MPos:-2\.000,-2\.000,0\.000\|/)
  expect(machine.axes.mechanics.at(0)).toBeCloseTo(-2, 1)
  expect(machine.axes.mechanics.at(1)).toBeCloseTo(-2, 1)
})

it('answers no status while it homes, and fails without a switch: alarm 9, ok, and begins anew', async () => {
  const { write, until, lines } = await client({ start: [-190, -90] }, { 130: 20, 131: 20 })
  write('$H\n')
  write('?')
  expect(await until(/^Grbl/, 5000)).toEqual(['ALARM:9', 'ok', "Grbl 1.1h ['$' for help]"])
  expect(lines.some((line) => line.startsWith('<Home'))).toBe(false)
})

it('accelerates: a way takes the time that speed and acceleration say', async () => {
  const { ask, motion } = await client({}, FREE)
  // 20 mm at 60 mm/s with 500 mm/s²: 0.12 s up, 0.12 s down, and (20 - 7.2) / 60 s between.
  await ask('$J=G91X-20F3600')
  await expect.poll(() => motion.length, { timeout: 2000 }).toBe(2)
  const ms = tookMs(motion)
  expect(ms).toBeGreaterThan(440)
  expect(ms).toBeLessThan(520)
})

it('goes on from line to line without stopping', async () => {
  const { ask, motion } = await client({}, FREE)
  for (let i = 0; i < 5; i++) await ask('$J=G91X-4F3600')
  await expect.poll(() => motion.length, { timeout: 2000 }).toBe(2)
  expect(tookMs(motion)).toBeLessThan(540)
})

it('cancels a jog with its own deceleration, forgets what was queued and keeps the position', async () => {
  const { ask, write, motion, status, machine } = await client({}, FREE)
  await ask('$J=G91X-100F3600')
  await ask('$J=G91X-10F3600')
  await new Promise((resolve) => setTimeout(resolve, 300))
  const before = machine.planner.position[0]
  const cancelled = process.hrtime.bigint()
  write('\x85')
  await expect.poll(() => motion.length, { timeout: 2000 }).toBe(2)
  const ms = Number(motion[1]!.ns - cancelled) / 1e6
  // 60 mm/s at 500 mm/s²: 120 ms and 3.6 mm.
  expect(ms).toBeGreaterThan(100)
  expect(ms).toBeLessThan(200)
  expect(before - machine.planner.position[0]).toBeGreaterThan(3)
  const place = async (): Promise<string | undefined> => /^<Idle\|MPos:[^|]*/.exec(await status())?.[0]
  const after = await place()
  expect(after).toBeDefined()
  expect(await place()).toBe(after)
})

it('a reset in motion stops dead, loses steps and alarms', async () => {
  const { ask, until, write, status, machine } = await client({}, FREE)
  const slip = (): number => machine.axes.mechanics.at(0) - machine.planner.position[0]
  const slipBefore = slip()
  await ask('$J=G91X-100F3600')
  await new Promise((resolve) => setTimeout(resolve, 200))
  write('\x18')
  expect(await until(/unlock/)).toEqual(['ALARM:3', "Grbl 1.1h ['$' for help]", "[MSG:'$H'|'$X' to unlock]"])
  expect(await status()).toMatch(/^<Alarm\|/)
  expect(Math.abs(slip() - slipBefore)).toBeGreaterThan(0.5)
  expect(await ask('$X')).toEqual(['[MSG:Caution: Unlocked]', 'ok'])
})

it('a reset at rest keeps everything', async () => {
  const { ask, reset, status } = await client({}, FREE)
  await ask('$J=G91X-1F3600')
  await expect.poll(status).toMatch(/^<Idle\|MPos:-1\.000/)
  expect(await reset()).toEqual(["Grbl 1.1h ['$' for help]"])
  expect(await status()).toMatch(/^<Idle\|MPos:-1\.000/)
})

it('refuses a jog beyond the travel, and alarms for G-code beyond it', async () => {
  const { ask, until, write, lines, reset } = await client({ start: [-2.5, -2.5] })
  await ask('$H', 5000)
  expect(await ask('$J=G53X5F1000')).toEqual(['error:15'])
  expect(await ask('$J=G53X-201F1000')).toEqual(['error:15'])
  write('G53G1X5F1000\n')
  expect(await until(/Reset to continue/)).toEqual(['ALARM:2', '[MSG:Reset to continue]'])
  const said = lines.length
  write('?$X\n')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(lines.length).toBe(said)
  await reset()
  expect((await ask('$X')).slice(-2)).toEqual(['[MSG:Caution: Unlocked]', 'ok'])
})

it('stops dead at a limit switch', async () => {
  const { ask, until, machine } = await client({}, FREE)
  await ask('$J=G91X-100F3600')
  await new Promise((resolve) => setTimeout(resolve, 100))
  machine.faults.arm('LIMIT X')
  expect(await until(/Reset/)).toEqual(['ALARM:1', '[MSG:Reset to continue]'])
  expect(machine.planner.empty).toBe(true)
})

it('meets its own switch at the end of the travel, and loses steps at the end when nobody looks', async () => {
  const { ask, machine, status } = await client({ start: [-5, -5] }, { ...FREE, 21: 0 })
  await ask('$J=G91X20F6000')
  await expect.poll(status).toMatch(/^<Idle\|MPos:20\.000.*Pn:X/)
  expect(machine.axes.mechanics.at(0)).toBe(3)
})

it('has play: the axis follows its motor late when it turns back', async () => {
  const { ask, machine, status } = await client({ backlash: [0.5, 0] }, FREE)
  await ask('$J=G91X-2F6000')
  await expect.poll(status).toMatch(/^<Idle\|MPos:-2/)
  const there = machine.axes.mechanics.at(0)
  await ask('$J=G91X0.4F6000')
  await expect.poll(status).toMatch(/^<Idle\|MPos:-1\.600/)
  expect(machine.axes.mechanics.at(0)).toBe(there)
})

it('holds 128 bytes that it has not read, and loses what comes beyond', async () => {
  const { ask, write, until, machine } = await client({}, FREE)
  write('G4P0.2\n')
  write('(23456789012345678901234567890123456789012345678901234567890123)\n'.repeat(2))
  await until('ok')
  await until('ok')
  expect(machine.intake.rx.lost).toBe(2)
  // The end of the line was lost: the next line is part of it.
  expect(await ask('')).toEqual(['ok'])
})

it('executes a pulse in one line: light for whole steps of the dwell, and off by itself', async () => {
  const { ask, light } = await client({}, FREE)
  expect(await ask('G1F100M3S500G4P0.075M30')).toEqual(['[MSG:Pgm End]', 'ok'])
  expect(light.map(({ on }) => on)).toEqual([true, false])
  expect(light[0]!.power).toBeCloseTo(0.5, 1)
  expect(tookMs(light)).toBeCloseTo(100, -1)
  expect((await ask('$G'))[0]).toMatch(/G1 .* M5 /)
})

it('obeys laser mode: no light in G0, none with M4 at rest, and M4 follows the speed', async () => {
  const { ask, light } = await client({}, FREE)
  await ask('G0M3S1000')
  expect(light).toEqual([])
  await ask('M5')
  await ask('G1F3000M4S1000')
  expect(light).toEqual([])
  await ask('G1X-8')
  await ask('G4P0.01')
  expect(light.at(0)!.power).toBeLessThan(0.5)
  expect(Math.max(...light.map(({ power }) => power))).toBeGreaterThan(0.8)
  expect(light.at(-1)!.on).toBe(false)
})

it('a reset ends light in the middle of a pulse, and the position is kept', async () => {
  const { write, light, reset, status, until } = await client({}, FREE)
  write('G1F100M3S500G4P2M30\n')
  await expect.poll(() => light.length).toBe(1)
  const [, end] = [await status(), process.hrtime.bigint()]
  await reset()
  expect(light).toHaveLength(2)
  expect(Number(light[1]!.ns - end) / 1e6).toBeLessThan(50)
  write('?')
  expect((await until(/^</)).at(-1)).toMatch(/^<Idle\|/)
})

it('a hold and the door end light too; a line cut short never begins', async () => {
  const { write, light, reset } = await client({}, FREE)
  write('G1F100M3S500G4P1M30\n')
  await expect.poll(() => light.length).toBe(1)
  write('!')
  await expect.poll(() => light.length).toBe(2)
  await reset()
  write('G1F100M3S500G4P0.1M3')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(light).toHaveLength(2)
})

it('an EEPROM that cannot be read leaves a pulse on, until a reset', async () => {
  const { ask, light, machine, reset } = await client({}, FREE)
  machine.faults.arm('EEPROM')
  expect(await ask('G1F100M3S500G4P0.025M30')).toEqual(['error:7'])
  expect(await ask('M5')).toEqual(['ok'])
  expect(light.at(-1)!.on).toBe(true)
  await reset()
  expect(light.at(-1)!.on).toBe(false)
})

it('sleeps, and wakes locked', async () => {
  const { ask, until, reset, status } = await client({}, FREE)
  await ask('$SLP')
  await until('[MSG:Sleeping]')
  expect(await status()).toMatch(/^<Sleep/)
  await reset()
  expect(await status()).toMatch(/^<Alarm/)
})

it('runs its startup lines after a reset, unless it is locked', async () => {
  const { ask, reset, until } = await client({}, FREE)
  await ask('$N0=G21')
  await reset()
  expect(await until(/^>/)).toEqual(['>G21:ok'])
})
