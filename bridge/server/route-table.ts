import type { Route } from './route.ts'

/** Finds the route of a request without the router, which is asked only once it is known who sends it. */
export class RouteTable {
  readonly #routes: readonly { route: Route; pattern: RegExp }[]

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, pattern: patternOf(route.path) }))
  }

  /** `path`: as it was sent, without its query. */
  find(method: string, path: string): Route | undefined {
    const wanted = method === 'HEAD' ? 'get' : method.toLowerCase()
    return this.#routes.find(({ route, pattern }) => route.method === wanted && pattern.test(path))?.route
  }
}

/** As the router reads it: a parameter is one segment or a part of one; case and a last slash mean nothing. */
function patternOf(path: string): RegExp {
  const source = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')
  return new RegExp(`^${source}/?$`, 'i')
}
