import type { Page } from 'playwright-core'
import type { Element } from './protocol.ts'

const MOST_TEXT = 2000

/** The element under a point of the window, `up` elements further out, with the paths that lead to it. Throws when there is none. */
export async function elementAt(page: Page, x: number, y: number, up: number): Promise<Element> {
  const found = await page.evaluate(describe, { x, y, up, most: MOST_TEXT })
  if (!found) throw new Error('there is no element at that point')
  return found
}

/** Runs in the page: it may use nothing from outside. */
function describe(at: { x: number; y: number; up: number; most: number }): Element | undefined {
  let element = document.elementFromPoint(at.x, at.y)
  for (let n = 0; n < at.up && element?.parentElement; n++) element = element.parentElement
  if (!element) return undefined
  const unique = (css: string): boolean => document.querySelectorAll(css).length === 1
  const sameBefore = (of: globalThis.Element): number => {
    let n = 1
    for (let other = of.previousElementSibling; other; other = other.previousElementSibling) {
      if (other.localName === of.localName) n++
    }
    return n
  }
  const css: string[] = []
  for (let part: globalThis.Element | null = element; part; part = part.parentElement) {
    // What a build tool numbers changes with the next build.
    if (part.id && !/\d{3,}/.test(part.id) && unique(`#${CSS.escape(part.id)}`)) {
      css.unshift(`#${CSS.escape(part.id)}`)
      break
    }
    const twins = part.parentElement
      ? [...part.parentElement.children].filter((other) => other.localName === part?.localName).length
      : 1
    const name = CSS.escape(part.localName)
    css.unshift(twins > 1 ? `${name}:nth-of-type(${sameBefore(part)})` : name)
    if (unique(css.join(' > '))) break
  }
  const xpath: string[] = []
  for (let part: globalThis.Element | null = element; part; part = part.parentElement) {
    xpath.unshift(`*[local-name()="${part.localName}"][${sameBefore(part)}]`)
    const plain =
      /^[a-z][a-z0-9]*$/.test(part.localName) && part.namespaceURI === 'http://www.w3.org/1999/xhtml'
    if (plain) xpath[0] = `${part.localName}[${sameBefore(part)}]`
  }
  const { left, top, width, height } = element.getBoundingClientRect()
  const path = css.join(' > ')
  return {
    css: path,
    xpath: `/${xpath.join('/')}`,
    text: ((element as HTMLElement).innerText ?? element.textContent ?? '').slice(0, at.most),
    box: { x: left, y: top, width, height },
    matches: document.querySelectorAll(path).length,
  }
}
