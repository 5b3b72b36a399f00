import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
const places = [
  '/usr/share/doc/opencv-doc/examples/data/vtest.avi',
  join(cache, 'lightbench/samples/vtest.avi'),
]

/** OpenCV's vtest.avi, people walking: where the set-up has put it. */
export const sampleVideo = places.find((path) => existsSync(path)) ?? places[1]!
