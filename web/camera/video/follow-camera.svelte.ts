import { onDestroy, untrack } from 'svelte'
import type { CameraState } from '../../../shared/camera/camera.ts'
import { connection } from '../../link/connection.svelte.ts'
import { followTopic, type Topic } from '../../link/topic.svelte.ts'
import { CameraWatch } from './watch.svelte.ts'

/** Shown at no more than this share of its pixels, half of them on each side are all that is seen. */
const HALF_IS_ENOUGH = 0.55
/** Who scrolls towards a picture finds it there. */
const NEAR = '50%'

interface Wishes {
  /** Whether the picture is wanted just now; reactive. It is when left out. */
  wanted?: () => boolean
  /** No more than can be seen: half quality while it is shown small, nothing while it is scrolled out of sight. */
  thrifty?: boolean
}

/** A camera as one place on the page shows it: bind `video`, and `keeper` over it, to where its picture comes to. */
export class FollowedCamera {
  readonly topic: Topic<CameraState>
  readonly watch: CameraWatch
  video = $state.raw<HTMLVideoElement>()
  keeper = $state.raw<HTMLCanvasElement>()

  constructor(id: string) {
    this.topic = followTopic('camera', id)
    this.watch = new CameraWatch(id, () => this.topic.value)
  }

  /** As far as it is known. */
  get state(): CameraState | undefined {
    return this.topic.value
  }
}

/** Follows a camera and its picture for as long as the component lives that calls this while it is set up. */
export function followCamera(
  id: string,
  { wanted = () => true, thrifty = false }: Wishes = {},
): FollowedCamera {
  const followed = new FollowedCamera(id)
  const { watch } = followed
  const isInSight = thrifty ? spare(followed) : () => true

  $effect(() => {
    const { video, keeper } = followed
    if (!video || !keeper) return
    untrack(() => watch.attach({ video, keeper }))
    return () => watch.close()
  })
  // Keyed by what it is, not by identity: a patch elsewhere in the state must not disturb the picture.
  const generation = $derived(followed.state?.publication?.generation)
  const half = $derived(followed.state?.halfPublication?.generation)
  const isKnown = $derived(followed.state !== undefined)
  $effect(() => {
    const session = connection.live
    void [generation, half]
    // The thrifty one learns first whether there is half quality: what is joined twice is joined later.
    const isWanted = wanted() && isInSight() && (isKnown || !thrifty)
    const publication = isKnown ? untrack(() => followed.state?.publication) : 'unknown'
    untrack(() => watch.follow(session, isWanted ? publication : undefined))
  })
  onDestroy(() => followed.topic.dispose())
  return followed
}

/** Watches how the picture is shown; answers whether it is in sight. */
function spare(followed: FollowedCamera): () => boolean {
  let size = $state.raw({ width: Infinity, height: Infinity })
  let isInSight = $state(true)
  const isSmall = $derived.by(() => {
    const { width, height } = followed.state ?? {}
    return (
      width !== undefined &&
      height !== undefined &&
      Math.min(size.width / width, size.height / height) <= HALF_IS_ENOUGH
    )
  })
  $effect(() => {
    const { video } = followed
    if (!video) return
    const sizes = new ResizeObserver(() => {
      const scale = window.devicePixelRatio
      size = { width: video.clientWidth * scale, height: video.clientHeight * scale }
    })
    const sights = new IntersectionObserver((seen) => (isInSight = seen.at(-1)?.isIntersecting ?? true), {
      rootMargin: NEAR,
    })
    sizes.observe(video)
    sights.observe(video)
    return () => {
      sizes.disconnect()
      sights.disconnect()
    }
  })
  $effect(() => {
    const small = isSmall
    untrack(() => followed.watch.showSmall(small))
  })
  return () => isInSight
}
