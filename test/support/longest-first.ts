import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Of more than 10 s each on two quiet cores: one of these that begins last is waited for by idle workers. */
const LONG = [
  'turret-sight',
  'turret-sim',
  'turret-decides',
  'turret-safety',
  'watch-browser',
  'guardian-walk',
  'turret-paths',
  'recording-crash',
  'camera-aravis',
  'guardian',
  'ctp10-simulator',
  'hostile',
  'vision',
  'watch-pages',
  'dead-man',
  'turret',
  'access',
  'kiosk',
  'serial',
  'stop-in-sight',
  'watch-kinds',
  'watches',
  'camera',
  'turret-hand',
]

/** Begins with the files that take longest. Vitest knows how long each took only where it has run before. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return at < 0 ? LONG.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
