import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from './free-port.ts'
import { LitBench, type LitInstruments, until } from './lit-bench.ts'
import { Program } from './process.ts'

/** A bench as `npm start` runs it: the launcher, which starts guardian and bridge and restarts either. */
export class LaunchedBench extends LitBench implements AsyncDisposable {
  readonly #launcher: Program<true>
  readonly #port: number

  private constructor(instruments: LitInstruments, launcher: Program<true>, port: number) {
    super(instruments)
    this.#launcher = launcher
    this.#port = port
  }

  static async open(instruments: LitInstruments, more: Record<string, unknown> = {}): Promise<LaunchedBench> {
    const file = join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'bench.yaml')
    const [port, guardian] = [await freePort(), await freePort()]
    const bench = {
      title: 'Launched bench',
      server: { port, localRole: 'administrator', guardian: { port: guardian } },
      media: { port: 0, workers: 1 },
    }
    await writeFile(file, stringify({ ...bench, devices: instruments.devices, ...more }))
    const ready = (line: string): true | undefined =>
      line.includes('Launched bench is at') ? true : undefined
    const launcher = await Program.start('bridge/launcher/main.ts', ['--config', file], ready)
    return new LaunchedBench(instruments, launcher, port)
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** The process of now, by what the launcher said of it last. */
  pid(of: 'guardian' | 'bridge'): number {
    const said = this.#launcher.output.findLast((line) => line.includes(`"the ${of} is started"`))
    return (JSON.parse(said ?? '{}') as { pid: number }).pid
  }

  /** The bridge answers again after it was ended. */
  async restarted(before: number): Promise<void> {
    await until('the bridge is started again', () => this.pid('bridge') !== before)
    await until('it answers', () =>
      this.get('health').then(
        () => true,
        () => false,
      ),
    )
  }

  /** All that its programs have said. */
  get output(): readonly string[] {
    return this.#launcher.output
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave()
    await this.#launcher.end()
  }
}
