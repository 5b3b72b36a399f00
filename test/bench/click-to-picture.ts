/** Runs in the page: stops watching for `pauseMs`, then clicks Watch. Answers the ms to the first picture. */
export async function clickToPicture(pauseMs: number): Promise<number> {
  const button = document.querySelector<HTMLButtonElement>('[data-testid=camera-watch]')
  if (!button) throw new Error('there is no Watch button')
  button.click()
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
  const begun = performance.now()
  button.click()
  for (;;) {
    const video = document.querySelector('video')
    if (video?.srcObject) {
      await new Promise((resolve) => video.requestVideoFrameCallback(resolve))
      return performance.now() - begun
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
