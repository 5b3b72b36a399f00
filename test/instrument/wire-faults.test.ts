import { it } from 'vitest'
import { treatAll } from '../support/wire-faults.ts'

/** As many as any wire has faults: each begins with another one. */
const PATIENTS = 9
const FAULTS_EACH = 2

it('is usable again after each fault of each wire, and never gives an answer to the wrong question', () =>
  treatAll(
    (['raw', 'hislip', 'hislip overlapped', 'vxi11'] as const).map((wire) => ({
      wire,
      patients: PATIENTS,
      faultsEach: FAULTS_EACH,
    })),
  ))
