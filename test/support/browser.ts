import { type Browser, chromium, type LaunchOptions } from 'playwright-core'

/** Debian's Chromium, without its own talk to the world. */
export const chromiumLaunch: LaunchOptions = {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--autoplay-policy=no-user-gesture-required'],
}

/** A browser. End it with `close`. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch(chromiumLaunch)
}
