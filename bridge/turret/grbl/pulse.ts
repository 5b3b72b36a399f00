/**
 * A pulse is one line: `G1F100M3S500G4P0.075M30`. Grbl executes a block's words in a fixed order (gcode.c, step 4):
 * power, M3, the dwell, and at its end M30, which switches the laser off. So the line that switches light on is the
 * line that switches it off: it is executed whole once its end has arrived, and not at all before. The alternatives
 * are worse. Two lines (`M3…G4…`, `M5`) leave light on for ever when the second is lost with the bridge or the cable.
 * S words sent by a timer of the bridge are as late as the bridge and the line, and end with them. M4 is dark at rest
 * by design, and the spindle-stop override 0x9E is obeyed in a hold only.
 *
 * G1 stands there because laser mode lights in G1, G2 and G3 alone, with the feed rate that G1 has to have.
 *
 * A dwell is executed in steps of DWELL_TIME_STEP (50 ms as delivered), rounded up. Half a step less is asked for than
 * is meant: in the controller's single precision a whole number of steps is now and then a hair more, and would become
 * one step longer. The light is up to a few ms longer than the dwell: the time that the controller needs between words.
 */
export function pulseLine(s: number, ms: number, stepMs: number): string {
  return `G1F100M3S${Number(s.toFixed(3))}${dwell(ms, stepMs)}M30`
}

/** Dark for `ms`, rounded up to whole steps. */
export function gapLine(ms: number, stepMs: number): string {
  return dwell(ms, stepMs)
}

function dwell(ms: number, stepMs: number): string {
  const steps = Math.max(1, Math.ceil(ms / stepMs))
  return `G4P${Number((((steps - 0.5) * stepMs) / 1000).toFixed(4))}`
}
