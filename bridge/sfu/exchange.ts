import { randomUUID } from 'node:crypto'
import type { Caller } from '../device/device.ts'
import { satisfies } from '../../shared/access/access.ts'
import { ExchangeError } from './exchange-error.ts'
import type { OurTransport } from './sdp/answer.ts'
import { readFragment, writeFragment } from './sdp/fragment.ts'
import type { Offer } from './sdp/offer.ts'

const LOOK_EVERY_MS = 2000

/** What has come of an offer. */
export interface Begun {
  /** The session's name, which is hard to guess. */
  session: string
  answer: string
  etag: string
}

/** Who offers, and whether they would still be let through now: a token may have been revoked. */
export interface Offering {
  caller: Caller
  stands: () => boolean
}

/** One end of a transport that an offer over HTTP has made. */
export interface Peer {
  readonly ice: OurTransport
  restartIce(): Promise<unknown>
  end(): void
}

interface Session {
  peer: Peer
  camera: string
  mid: string
  caller: Caller
  stands: () => boolean
  etag: string
  iceUfrag: string
}

/** The sessions that offers over HTTP have made (WHIP, RFC 9725; WHEP): found, restarted and ended by their address. */
export class Exchange implements Disposable {
  readonly #sessions = new Map<string, Session>()
  readonly #look: NodeJS.Timeout

  constructor() {
    this.#look = setInterval(() => {
      for (const [id, { stands }] of this.#sessions) if (!stands()) this.#end(id)
    }, LOOK_EVERY_MS)
    this.#look.unref()
  }

  /** Keeps a session by this id. */
  add(id: string, camera: string, offer: Offer, { caller, stands }: Offering, peer: Peer): string {
    const { iceUfrag, video } = offer
    const etag = newTag()
    this.#sessions.set(id, { peer, camera, mid: video.mid, caller, stands, etag, iceUfrag })
    return etag
  }

  /** The peer has ended by itself. */
  forget(id: string): void {
    this.#sessions.delete(id)
  }

  /**
   * Takes a fragment of a client's (RFC 9725 section 4.3): candidates, which need no answer, or new ICE credentials,
   * which are answered by ours. Rejects with 404, 403, 428, 412 or 400.
   */
  async patch(
    camera: string,
    id: string,
    caller: Caller,
    { ifMatch, text }: { ifMatch: string | undefined; text: string },
  ): Promise<{ etag: string; fragment: string } | undefined> {
    const session = this.#find(camera, id, caller)
    if (ifMatch === undefined) {
      const message = 'say with If-Match which ETag this is about: a restart of ICE has If-Match: *'
      throw new ExchangeError(428, 'input.invalid', message, camera)
    }
    const any = ifMatch.trim() === '*'
    if (!any && !ifMatch.split(',').some((tag) => tag.trim() === session.etag)) {
      const message = `this is about another ICE session than the one of ${session.etag}`
      throw new ExchangeError(412, 'input.invalid', message, camera)
    }
    const { iceUfrag } = readFragment(text)
    if (iceUfrag === session.iceUfrag) return undefined
    if (!any) {
      const message = 'these are other ICE credentials: a restart of ICE has If-Match: *'
      throw new ExchangeError(422, 'input.invalid', message, camera)
    }
    await session.peer.restartIce()
    session.iceUfrag = iceUfrag
    session.etag = newTag()
    return { etag: session.etag, fragment: writeFragment(session.peer.ice, session.mid) }
  }

  /** Ends a session. Throws 404 or 403. */
  end(camera: string, id: string, caller: Caller): void {
    this.#find(camera, id, caller)
    this.#end(id)
  }

  #find(camera: string, id: string, caller: Caller): Session {
    const session = this.#sessions.get(id)
    if (!session || session.camera !== camera)
      throw new ExchangeError(404, 'media.unknown', 'this session has ended, or never was', camera)
    if (session.caller.key === caller.key || satisfies(caller.role, 'administrator')) return session
    throw new ExchangeError(403, 'role.required', "this is somebody else's session", camera)
  }

  #end(id: string): void {
    const session = this.#sessions.get(id)
    this.#sessions.delete(id)
    session?.peer.end()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#look)
    for (const id of [...this.#sessions.keys()]) this.#end(id)
  }
}

function newTag(): string {
  return `"${randomUUID()}"`
}
