// Why: "the person sees the guest's picture" is asked of the glass, a screenshot of the page, whichever engine has drawn
// it: an engine's canvas may be in a worker's hands, and what lies on it or scales it would not show there.
import type { Page } from 'playwright-core'
import type { Rect } from '../../embedded/spice/region.ts'
import type { SpiceServer } from '../../embedded/spice/server.ts'
import { decodePng } from './png.ts'

/** Gives the window the size of the guest's surface, so that a pixel of the guest is a pixel of the glass. */
export async function fitToGuest(page: Page, { canvas }: SpiceServer): Promise<void> {
  await page.setViewportSize({ width: canvas.width, height: canvas.height })
}

/** The guest's picture without the grip of our own controls, the one thing of ours that always lies on it. */
export async function besideTheGrip(page: Page, { canvas }: SpiceServer): Promise<readonly Rect[]> {
  const grip = await page.locator('.console-grip').boundingBox()
  if (!grip) throw new Error('the grip is not shown')
  const { width, height } = canvas
  const bottom = Math.ceil(grip.y + grip.height)
  return [
    { left: 0, top: 0, right: Math.floor(grip.x), bottom },
    { left: Math.ceil(grip.x + grip.width), top: 0, right: width, bottom },
    { left: 0, top: bottom, right: width, bottom: height },
  ]
}

/** How many pixels of these boxes are not on the glass as in `wanted` (0x00RRGGBB, rows as wide as the glass). */
export async function wrongOnGlass(page: Page, wanted: ArrayLike<number>, boxes: readonly Rect[]): Promise<number> {
  const { width, height, pixels } = decodePng(await page.screenshot())
  if (pixels.length !== wanted.length) throw new Error(`the glass has ${width}×${height} pixels, the guest ${wanted.length} in all`)
  let wrong = 0
  for (const box of boxes) {
    for (let y = box.top; y < box.bottom; y++) for (let x = box.left; x < box.right; x++) if (pixels[y * width + x] !== wanted[y * width + x]) wrong++
  }
  return wrong
}
