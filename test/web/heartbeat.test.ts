import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BEAT_MS } from '../../shared/control.ts'
import { Heartbeat } from '../../web/lib/heartbeat.ts'

let beats: { active: boolean; heard: () => void }[]
let heartbeat: Heartbeat

beforeEach(() => {
  vi.useFakeTimers()
  beats = []
  heartbeat = new Heartbeat((active, heard) => beats.push({ active, heard }))
})
afterEach(() => {
  heartbeat.stop()
  vi.useRealTimers()
})

/** The bridge has heard every beat so far. */
function answerAll(): void {
  for (const { heard } of beats) heard()
}

it('does not beat before it holds the lease', () => {
  heartbeat.touch()
  vi.advanceTimersByTime(10 * BEAT_MS)
  expect(beats).toHaveLength(0)
})

it('beats at once and then four times a second, whether or not it is answered', () => {
  heartbeat.start()
  expect(beats).toHaveLength(1)
  vi.advanceTimersByTime(1000)
  expect(beats).toHaveLength(5)
})

it('beats once each time, however often it is told to begin', () => {
  heartbeat.start()
  heartbeat.start()
  vi.advanceTimersByTime(BEAT_MS)
  expect(beats).toHaveLength(2)
})

it('ends with the lease', () => {
  heartbeat.start()
  heartbeat.stop()
  vi.advanceTimersByTime(10 * BEAT_MS)
  expect(beats).toHaveLength(1)
})

it('says that somebody is there only when somebody has touched something since', () => {
  heartbeat.start()
  answerAll()
  vi.advanceTimersByTime(BEAT_MS)
  heartbeat.touch()
  vi.advanceTimersByTime(BEAT_MS)
  answerAll()
  vi.advanceTimersByTime(BEAT_MS)
  expect(beats.map(({ active }) => active)).toEqual([false, false, true, false])
})

it('does not take a connection that has come back for a person', () => {
  heartbeat.start()
  heartbeat.touch()
  heartbeat.stop()
  heartbeat.start()
  expect(beats.map(({ active }) => active)).toEqual([false, false])
})

it('says so again until the bridge has heard it: a beat may be lost', () => {
  heartbeat.start()
  answerAll()
  heartbeat.touch()
  vi.advanceTimersByTime(2 * BEAT_MS)
  expect(beats.map(({ active }) => active)).toEqual([false, true, true])
})

it('does not take the answer to an earlier beat for one to what came after it', () => {
  heartbeat.start()
  heartbeat.touch()
  answerAll()
  vi.advanceTimersByTime(BEAT_MS)
  expect(beats[1]?.active).toBe(true)
})
