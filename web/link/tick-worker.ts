const page = globalThis as unknown as {
  postMessage(tick: 'tick'): void
  onmessage: (event: MessageEvent<number>) => void
}

page.onmessage = ({ data: everyMs }) => void setInterval(() => page.postMessage('tick'), everyMs)
