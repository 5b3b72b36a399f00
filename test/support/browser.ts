import { type Browser, chromium } from 'playwright-core'

/** Debian's Chromium, without its own talk to the world. End it with `close`. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--autoplay-policy=no-user-gesture-required'],
  })
}
