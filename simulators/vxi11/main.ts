import { runSimulator } from '../ieee488/program.ts'
import { serve } from './server.ts'

await runSimulator({ portmapper: 111, core: 0 }, (instrument, host, ports) =>
  serve(instrument, { host, ...ports }),
)
