import type { DetectorName, Detectors, VisionState } from '../../../shared/vision.ts'

/** What is looked for, as it is written into a form. */
export interface SeeingDraft {
  fps: number | undefined
  on: Record<DetectorName, boolean>
  sensitivity: number | undefined
  motionArea: number | undefined
  cameraMoves: boolean
  contrast: number | undefined
  spotArea: number | undefined
  blueness: number | undefined
  redness: number | undefined
  tolerance: number | undefined
  colourArea: number | undefined
  model: string | undefined
  leastScore: number | undefined
}

/** The form for what is set; where nothing is, what makes a good beginning. */
export function draftOf(vision: VisionState | undefined): SeeingDraft {
  const { motion, spot, colour, marker, model } = vision?.detectors ?? {}
  return {
    fps: vision?.fps ?? 15,
    on: {
      motion: motion !== undefined,
      spot: spot !== undefined,
      colour: colour !== undefined,
      marker: marker !== undefined,
      model: model !== undefined,
    },
    ...{ sensitivity: motion?.sensitivity ?? 0.5, motionArea: motion?.smallestArea ?? 150 },
    // On a turret the camera turns: what stands still seems to move.
    cameraMoves: motion?.cameraMoves ?? true,
    ...{ contrast: spot?.contrast ?? 40, spotArea: spot?.smallestArea ?? 6 },
    ...{ blueness: colour?.blueness ?? -0.2, redness: colour?.redness ?? 0.5 },
    ...{ tolerance: colour?.tolerance ?? 0.2, colourArea: colour?.smallestArea ?? 40 },
    ...{ model: model?.name ?? vision?.models[0], leastScore: model?.leastScore ?? 0.4 },
  }
}

/** What the form asks for. Throws an Error that names what is missing. */
export function detectorsOf(draft: SeeingDraft): Detectors {
  const { on } = draft
  return {
    ...(on.motion && {
      motion: {
        sensitivity: given(draft.sensitivity, 'the sensitivity'),
        smallestArea: given(draft.motionArea, 'the smallest area that moves'),
        cameraMoves: draft.cameraMoves,
      },
    }),
    ...(on.spot && {
      spot: {
        contrast: given(draft.contrast, "the spot's contrast"),
        smallestArea: given(draft.spotArea, "the spot's smallest area"),
      },
    }),
    ...(on.colour && {
      colour: {
        blueness: given(draft.blueness, 'the blueness'),
        redness: given(draft.redness, 'the redness'),
        tolerance: given(draft.tolerance, "the colour's tolerance"),
        smallestArea: given(draft.colourArea, "the colour's smallest area"),
      },
    }),
    ...(on.marker && { marker: {} }),
    ...(on.model && {
      model: {
        name: given(draft.model, 'the model'),
        leastScore: given(draft.leastScore, 'the least score'),
      },
    }),
  }
}

function given<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`Fill in ${what}.`)
  return value
}
