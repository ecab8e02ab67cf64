// Why: "the guest's screen is in the window" is compared with what QEMU itself has drawn, pixel by pixel, in the page:
// a browser reads both pictures.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { labPaths } from '../lab/facts.ts'
import type { Lab } from '../lab/lab.ts'

/** Share of equal pixels (0 to 1) between the console's canvas and the hypervisor's own screenshot. */
export async function samePicture(lab: Lab, page: Page, domain: string): Promise<number> {
  const file = join(labPaths.run, `${domain}.screenshot`)
  await lab.virsh('screenshot', domain, file)
  const truth = readFileSync(file).toString('base64')
  rmSync(file)
  return await page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]))
    const { width, height } = bitmap
    const paper = new OffscreenCanvas(width, height).getContext('2d')
    // The first is the guest's picture. What it shows may be drawn by a worker: it is copied, not asked for its context.
    const canvas = document.querySelector<HTMLCanvasElement>('.console-surface canvas')
    if (canvas === null || paper === null) throw new Error('there is no canvas')
    if (canvas.width !== width || canvas.height !== height) return 0
    paper.drawImage(bitmap, 0, 0)
    const theirs = new Uint32Array(paper.getImageData(0, 0, width, height).data.buffer)
    paper.drawImage(canvas, 0, 0)
    const ours = new Uint32Array(paper.getImageData(0, 0, width, height).data.buffer)
    // The alpha byte is the canvas's own affair.
    return ours.filter((pixel, i) => (pixel & 0xffffff) === ((theirs[i] ?? 0) & 0xffffff)).length / ours.length
  }, truth)
}
