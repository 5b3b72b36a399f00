import { Addresses } from './addresses.ts'
import type { VisitStart, VisitWork } from './browser/protocol.ts'
import { serve } from './browser/serve.ts'
import { Visitor } from './browser/visitor.ts'

serve<VisitStart, VisitWork>(({ allow }) => {
  const visitor = new Visitor(new Addresses(allow))
  return Promise.resolve({
    work: {
      check: (input, tools) => visitor.check(input, tools),
      open: (input, tools) => visitor.open(input, tools),
      step: (input) => visitor.step(input),
      at: ({ x, y, up }) => visitor.at(x, y, up),
      close: () => visitor.close(),
    },
    end: () => visitor[Symbol.asyncDispose](),
  })
})
