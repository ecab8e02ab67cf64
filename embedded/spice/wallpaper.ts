// Why: one quiet background family for all simulated guests: a diagonal gradient with a few large soft discs, drawn once.
import { makeBackdrop, mix, type Canvas, type Colour } from './canvas.ts'

export interface Palette {
  readonly from: Colour
  readonly to: Colour
  readonly glow: Colour
}

export const signInPalette: Palette = { from: 0x14213d, to: 0x274b6d, glow: 0x6fa8dc }
export const desktopPalette: Palette = { from: 0x1d5b6b, to: 0x5a4a8a, glow: 0xffc98b }

const made = new Map<string, Uint32Array>()
const KEPT = 4

/** The finished picture; the last few are kept, as a guest changes its screens at the very moment that is being timed. */
export function wallpaper(width: number, height: number, palette: Palette): Uint32Array {
  const key = `${width}x${height}:${palette.from}-${palette.to}`
  const known = made.get(key)
  if (known) return known
  if (made.size >= KEPT) made.clear()
  const picture = draw(width, height, palette)
  made.set(key, picture)
  return picture
}

function draw(width: number, height: number, palette: Palette): Uint32Array {
  return makeBackdrop(width, height, (canvas) => {
    gradient(canvas, palette)
    const unit = Math.min(width, height)
    canvas.disc(width * 0.82, height * 0.2, unit * 0.34, palette.glow, 0.1)
    canvas.disc(width * 0.82, height * 0.2, unit * 0.22, palette.glow, 0.12)
    canvas.disc(width * 0.12, height * 0.95, unit * 0.48, 0xffffff, 0.04)
    canvas.disc(width * 0.3, height * 1.12, unit * 0.5, 0xffffff, 0.045)
  })
}

function gradient(canvas: Canvas, { from, to }: Palette): void {
  // Sixty-four steps along the diagonal: smooth to the eye, and long runs for the compressor.
  const steps = Array.from({ length: 64 }, (_, i) => mix(from, to, i / 63))
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) {
      const t = (x / canvas.width) * 0.35 + (y / canvas.height) * 0.65
      canvas.pixels[y * canvas.width + x] = steps[Math.min(63, Math.floor(t * 64))] ?? to
    }
  }
}
