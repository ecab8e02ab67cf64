// Why: a picture is right when three agree to the pixel: what QEMU has drawn itself, what the engine's canvas holds, and what is on
// the glass. Here each is read, and the differences are counted.
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Lab } from '../lab/lab.ts'
import { decodePng } from '../support/png.ts'
import { domain, guestPaths } from './facts.ts'

/** 0x00RRGGBB words, top row first. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly pixels: Uint32Array
}

/** QEMU's own rendering, without the pointer. */
export async function ofQemu(lab: Lab): Promise<Picture> {
  const file = join(guestPaths.root, 'screen.ppm')
  await lab.virsh('screenshot', domain.uuid, file)
  chmodSync(file, 0o600)
  const data = readFileSync(file)
  rmSync(file)
  return data.subarray(0, 2).toString('latin1') === 'P6' ? decodePpm(data) : decodePng(data)
}

/** Netpbm "P6", 8 bits. */
export function decodePpm(data: Buffer): Picture {
  const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(data.subarray(0, 64).toString('latin1'))
  if (!head) throw new Error('not a PPM of 8 bits')
  const [width, height] = [Number(head[1]), Number(head[2])]
  const pixels = new Uint32Array(width * height)
  for (let i = 0, at = head[0].length; i < pixels.length; i++, at += 3) pixels[i] = data.readUIntBE(at, 3)
  return { width, height, pixels }
}

/** What the display worker has presented: the canvas under the console, at the guest's size. */
export async function ofEngine(page: Page): Promise<Picture> {
  const { width, height, base64 } = await page.evaluate(async () => {
    const canvas = document.querySelector<HTMLCanvasElement>('.console-surface canvas')
    const paper = canvas && new OffscreenCanvas(canvas.width, canvas.height)
    const context = paper?.getContext('2d')
    if (!canvas || !paper || !context) throw new Error('there is no canvas')
    context.drawImage(canvas, 0, 0)
    const blob = await paper.convertToBlob({ type: 'image/png' })
    const bytes = new Uint8Array(await blob.arrayBuffer())
    let text = ''
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
    return { width: canvas.width, height: canvas.height, base64: btoa(text) }
  })
  const { pixels } = decodePng(Buffer.from(base64, 'base64'))
  return { width, height, pixels }
}

/** The part of the page that shows the guest; our own controls on it are told apart. */
export async function ofGlass(page: Page): Promise<Picture & { readonly controls: readonly Box[]; readonly scaled: boolean }> {
  const [canvas, ...controls] = await page.evaluate(() => {
    const box = (e: Element): Box => {
      const { left, top, right, bottom } = e.getBoundingClientRect()
      return { left, top, right, bottom }
    }
    const shown = ['.console-surface canvas', '.console-grip', '.console-bar', '.console-hint'].map((s) => [...document.querySelectorAll(s)].slice(0, 1).map(box))
    return shown.flat()
  })
  const whole = decodePng(await page.screenshot())
  if (!canvas) throw new Error('there is no canvas')
  const [left, top] = [Math.round(canvas.left), Math.round(canvas.top)]
  const [width, height] = [Math.round(canvas.right) - left, Math.round(canvas.bottom) - top]
  const size = await page.evaluate(() => {
    const c = document.querySelector<HTMLCanvasElement>('.console-surface canvas')
    return { width: c?.width ?? 0, height: c?.height ?? 0 }
  })
  const pixels = new Uint32Array(width * height)
  for (let y = 0; y < height; y++) pixels.set(whole.pixels.subarray((top + y) * whole.width + left, (top + y) * whole.width + left + width), y * width)
  const inside = (b: Box): Box => ({ left: Math.floor(b.left) - left, top: Math.floor(b.top) - top, right: Math.ceil(b.right) - left, bottom: Math.ceil(b.bottom) - top })
  return { width, height, pixels, controls: controls.map(inside), scaled: width !== size.width || height !== size.height }
}

export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** How many pixels differ outside the boxes; a different size: all of them. */
export function differing(a: Picture, b: Picture, except: readonly Box[] = []): number {
  if (a.width !== b.width || a.height !== b.height) return Math.max(a.pixels.length, b.pixels.length)
  let count = 0
  for (let i = 0; i < a.pixels.length; i++) {
    if (a.pixels[i] === b.pixels[i]) continue
    const [x, y] = [i % a.width, Math.floor(i / a.width)]
    if (!except.some((e) => x >= e.left && x < e.right && y >= e.top && y < e.bottom)) count++
  }
  return count
}

/** Distinct colours, up to a limit: a picture that is one colour shows nothing. */
export const colours = ({ pixels }: Picture, limit = 1000): number => {
  const seen = new Set<number>()
  for (const p of pixels) if (seen.add(p).size >= limit) break
  return seen.size
}
