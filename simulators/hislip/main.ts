import { runSimulator } from '../ieee488/program.ts'
import { serve } from './server.ts'

await runSimulator({ port: 4880, overlap: 0 }, (instrument, host, { port, overlap }) =>
  serve(instrument, { host, port, overlap: overlap === 1 }),
)
