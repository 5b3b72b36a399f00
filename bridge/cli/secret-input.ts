import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { BenchError } from '../../shared/wire/errors.ts'

interface Streams {
  input: ReadStream | NodeJS.ReadableStream
  output: NodeJS.WritableStream
}

/**
 * Asks for a secret. On a terminal it is not shown as it is typed, and asked for twice with `again`; otherwise it is the
 * first line of the input. Rejects with `input.invalid` when nothing comes or the two differ, with `aborted` on Ctrl-C.
 */
export async function askSecret(
  prompt: string,
  again: boolean,
  { input, output }: Streams = { input: process.stdin, output: process.stderr },
): Promise<string> {
  if (!('isTTY' in input) || !input.isTTY) return firstLine(input)
  const [secret = '', repeated] = await hiddenLines(
    again ? [prompt, `${prompt}, again`] : [prompt],
    input,
    output,
  )
  if (again && repeated !== secret) {
    throw new BenchError('input.invalid', 'the two are not the same: nothing was changed, start anew')
  }
  return secret
}

async function firstLine(input: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input })) return line
  const message = 'there is no password: type it on a terminal, or pipe one line with it to this command'
  throw new BenchError('input.invalid', message)
}

async function hiddenLines(
  prompts: readonly string[],
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<string[]> {
  // readline edits the line and echoes it to where nobody looks; it is there before the prompt, as a fast typist may be.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: nowhere, terminal: true })
  const left = new AbortController()
  lines.once('SIGINT', () => left.abort())
  lines.once('close', () => left.abort())
  const answers: string[] = []
  try {
    for (const prompt of prompts) {
      output.write(`${prompt}: `)
      answers.push(await lines.question('', { signal: left.signal }))
      output.write('\n')
    }
    return answers
  } catch (cause) {
    output.write('\n')
    throw new BenchError('aborted', 'left without an answer: nothing was changed', { cause })
  } finally {
    lines.close()
  }
}
