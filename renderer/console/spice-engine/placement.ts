// Why: a guest that took the window's size is as large as it, but for the few pixels that its steps leave over. Stretched by
// those it would be blurred; shown pixel by pixel, with an edge, it is sharp. Anything else is fitted by the style sheet.

export interface Size {
  readonly width: number
  readonly height: number
}

/** Largest difference that is left as an edge, device pixels: the guest's step (session/monitors.ts). */
const EDGE = 8

/**
 * @param box the console's, CSS pixels
 * @param ratio device pixels to a CSS pixel
 * @param view the guest's picture, its pixels
 * @returns the picture's size in the box's upper left corner, CSS pixels; undefined: it is to be fitted
 */
export function pixelByPixel(box: Size, ratio: number, view: Size): Size | undefined {
  const spareX = Math.round(box.width * ratio) - view.width
  const spareY = Math.round(box.height * ratio) - view.height
  // In the middle it would lie on half a pixel of one kind or the other: browsers round both.
  return spareX < 0 || spareY < 0 || spareX >= EDGE || spareY >= EDGE ? undefined : { width: view.width / ratio, height: view.height / ratio }
}

/** Lays the canvas out for this view. */
export function place(canvas: HTMLElement, container: HTMLElement, view: Size | null): void {
  const at = view === null ? undefined : pixelByPixel(container.getBoundingClientRect(), devicePixelRatio, view)
  for (const name of ['width', 'height'] as const) {
    if (at === undefined) canvas.style.removeProperty(name)
    else canvas.style[name] = `${at[name]}px`
  }
}
