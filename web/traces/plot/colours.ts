/** The colours a canvas needs, which cannot read CSS by itself. */
export interface PlotColours {
  text: string
  grid: string
  channels: string[]
}

/** How many channel colours the tokens have; a further channel begins again. */
export const CHANNEL_COLOURS = 6

/** The colour of a channel, counted from 0, as CSS. */
export function channelColour(channel: number): string {
  return `var(--channel-${(channel % CHANNEL_COLOURS) + 1})`
}

/** The colours of the theme that the element stands in now. */
export function plotColours(element: Element): PlotColours {
  const style = getComputedStyle(element)
  const token = (name: string): string => style.getPropertyValue(name).trim()
  return {
    text: token('--text-dim'),
    grid: token('--line-faint'),
    channels: Array.from({ length: CHANNEL_COLOURS }, (_, i) => token(`--channel-${i + 1}`)),
  }
}
