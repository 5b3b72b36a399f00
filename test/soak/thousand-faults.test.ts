import { it } from 'vitest'
import { treatAll } from '../support/wire-faults.ts'

it('is usable again after each of a thousand faults, and never gives an answer to the wrong question', () =>
  treatAll([
    { wire: 'raw', patients: 30, faultsEach: 20 },
    { wire: 'hislip', patients: 5, faultsEach: 20 },
    { wire: 'hislip overlapped', patients: 5, faultsEach: 20 },
    { wire: 'vxi11', patients: 10, faultsEach: 20 },
  ]))
