/** What goes wrong on the way to the client: answers that are lost, doubled or glued to what follows, and lost lines. */
export class LineFaults {
  /** How many answers (ok, error) are still to be lost, doubled, or left without their line end. */
  lose = 0
  double = 0
  glue = 0
  /** How many lines of any kind are still to be lost. */
  swallow = 0

  /** What reaches the client of a line that is said. */
  heard(line: string): string {
    if (this.swallow > 0) {
      this.swallow -= 1
      return ''
    }
    const whole = `${line}\r\n`
    if (line !== 'ok' && !line.startsWith('error:')) return whole
    if (this.lose > 0) {
      this.lose -= 1
      return ''
    }
    if (this.double > 0) {
      this.double -= 1
      return whole + whole
    }
    if (this.glue > 0) {
      this.glue -= 1
      return line
    }
    return whole
  }
}
