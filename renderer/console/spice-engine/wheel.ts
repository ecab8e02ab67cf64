// Why: a wheel event as notches of the guest's wheel. SPICE knows up and down by whole notches and nothing sideways.
import { wheelNotches } from '../../spice/session/inputs.ts'

/** What `wheelDelta` counts for one notch of a real wheel, whatever the system's speed or the page's zoom makes of the pixels. */
const DETENT = 120
/** What one notch of a real wheel scrolls, CSS pixels: between a dense screen's and a fast system's. Devices that claim a notch and scroll something else are measured by what they scroll. */
const DETENT_PIXELS = { least: 40, most: 160 } as const

/**
 * Notches, down positive, parts allowed (Inputs adds them up). Sideways scrolling is dropped, but for what browsers make of
 * Shift and the wheel: the guest gets the Shift as a key and decides for itself.
 */
export function notchesOf(e: WheelEvent): number {
  const sideways = e.shiftKey && e.deltaY === 0
  const delta = sideways ? e.deltaX : e.deltaY
  const legacy = e as WheelEvent & { readonly wheelDeltaX?: number; readonly wheelDeltaY?: number }
  const detents = -((sideways ? legacy.wheelDeltaX : legacy.wheelDeltaY) ?? 0) / DETENT
  const pixels = delta / detents
  const real = e.deltaMode === 0 && Number.isInteger(detents) && pixels >= DETENT_PIXELS.least && pixels <= DETENT_PIXELS.most
  return real ? detents : wheelNotches(delta, e.deltaMode)
}
