import { MessageScanner } from './response.ts'

/**
 * The messages in one text without its end mark (latin1): an LF that stands in no block ends one (IEEE 488.2 section 7.5),
 * also where the wire marks ends by itself. What is passed on to another wire has to be passed on one by one.
 */
export function messagesIn(text: string): string[] {
  if (!text.includes('\n')) return text.trim() === '' ? [] : [text]
  const bytes = Buffer.from(text, 'latin1')
  const scanner = new MessageScanner()
  const messages: string[] = []
  let from = 0
  for (let next = scanner.scan(bytes, 0, bytes.length); next >= 0;) {
    messages.push(bytes.toString('latin1', from, next - 1).replace(/\r$/, ''))
    from = next
    next = scanner.scan(bytes, next, bytes.length)
  }
  messages.push(bytes.toString('latin1', from))
  return messages.filter((message) => message.trim() !== '')
}
