const SPINDLE: Readonly<Record<number, number>> = { 0x9a: 10, 0x9b: -10, 0x9c: 1, 0x9d: -1 }
const FEED: Readonly<Record<number, number>> = { 0x91: 10, 0x92: -10, 0x93: 1, 0x94: -1 }

/** Percents of what is programmed. Jogs, which are all that is moved by here, know no feed override. */
export class Overrides {
  feed = 100
  rapid = 100
  spindle = 100

  reset(): void {
    this.feed = this.rapid = this.spindle = 100
  }

  /** Takes a real-time byte; answers whether it was one of its own. */
  take(byte: number): boolean {
    const limited = (percent: number): number => Math.max(10, Math.min(200, percent))
    if (byte === 0x90) this.feed = 100
    else if (byte >= 0x95 && byte <= 0x97) this.rapid = [100, 50, 25][byte - 0x95]!
    else if (byte === 0x99) this.spindle = 100
    else if (byte in SPINDLE) this.spindle = limited(this.spindle + SPINDLE[byte]!)
    else if (byte in FEED) this.feed = limited(this.feed + FEED[byte]!)
    else return false
    return true
  }
}
