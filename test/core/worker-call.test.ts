import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { WorkerCall, type WorkerCallOptions } from '../../bridge/core/worker-call.ts'
import type { TestJobs } from '../support/threads/calls.ts'

function thread(options: Partial<WorkerCallOptions> = {}): WorkerCall<TestJobs> {
  const calls = new WorkerCall<TestJobs>({
    module: new URL('../support/threads/calls.ts', import.meta.url),
    title: 'the test thread',
    code: 'storage.failed',
    mostWaiting: 3,
    deadlineMs: 2000,
    log: pino({ level: 'silent' }),
    ...options,
  })
  onTestFinished(() => calls[Symbol.asyncDispose]())
  return calls
}

it('answers a call with what the job gives, or with the error it throws', async () => {
  const calls = thread()
  expect(await calls.call('echo', 'here')).toBe('here')
  await expect(calls.call('refuse', 'full')).rejects.toMatchObject({ code: 'storage.full', message: 'full' })
  await expect(calls.call('throw', 'odd')).rejects.toMatchObject({ code: 'internal', message: 'odd' })
})

it('ends a thread that takes too long, fails what it had alone, and does what waits in another', async () => {
  const calls = thread({ deadlineMs: 5000 })
  await calls.call('echo', 'started')
  const hung = calls.call('hang', {}, { deadlineMs: 100 })
  const behind = calls.call('echo', 'behind')
  await expect(hung).rejects.toMatchObject({
    code: 'storage.failed',
    message: 'the test thread took longer than 100 ms for hang',
  })
  expect(await behind).toBe('behind')
})

it('starts again after the thread has ended by itself, with a pause that it tells of', async () => {
  const calls = thread()
  await expect(calls.call('exit', 3)).rejects.toMatchObject({ message: 'the test thread has ended' })
  await expect(calls.call('echo', 'too soon')).rejects.toMatchObject({
    message: 'the test thread is not running: it is started again soon',
  })
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(await calls.call('echo', 'again')).toBe('again')
})

it('lets so many wait and no more, and forgets those that nobody waits for any more', async () => {
  const calls = thread()
  const first = calls.call('slowly', 200)
  const gone = new AbortController()
  const waiting = [1, 2].map((n) => calls.call('echo', String(n)))
  const given = calls.call('echo', 'given up', { signal: gone.signal })
  await expect(calls.call('echo', 'too many')).rejects.toMatchObject({ code: 'device.busy' })
  gone.abort()
  await expect(given).rejects.toMatchObject({ code: 'aborted' })
  expect(await calls.call('echo', 'has room')).toBe('has room')
  expect(await Promise.all([first, ...waiting])).toEqual([200, '1', '2'])
})

it('answers what needs no time while another call takes some, where the thread is given several', async () => {
  const calls = thread({ mostRunning: 4 })
  const order: string[] = []
  await Promise.all([
    calls.call('slowly', 100).then(() => order.push('slow')),
    calls.call('echo', '').then(() => order.push('quick')),
  ])
  expect(order).toEqual(['quick', 'slow'])
})

it('hears what the thread says by itself', async () => {
  const notices: unknown[] = []
  const calls = thread({ noticed: (notice) => notices.push(notice) })
  await calls.call('tell', 'news')
  expect(notices).toEqual(['news'])
})

it('closes once what was begun is answered, and takes nothing more', async () => {
  const calls = thread()
  const last = calls.call('slowly', 50)
  const closed = calls[Symbol.asyncDispose]()
  await expect(calls.call('echo', 'late')).rejects.toMatchObject({ message: 'the test thread is closed' })
  expect(await last).toBe(50)
  await closed
})
