// Why: video decoders are the browser's, so only a browser can show that they work: streams that Chromium's own encoders
// make, through the real display worker, against their source. What a browser does not decode, no server is told of.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { build } from 'esbuild'
import { chromium, type Browser, type Page } from 'playwright-core'
import { findExecutable } from '../../electron/shells/chromium/binary.ts'

interface VideoResult {
  readonly psnr: readonly number[]
  readonly outOfTurn: number
  readonly frames: number
  readonly drops: number
  readonly problems: readonly string[]
}
/** renderer/spice/media/video-page.testkit.ts, which another compiler project owns. */
interface Video {
  playVideo(workerUrl: string, codec: string, frames: number): Promise<VideoResult>
  offeredCodecs(workerUrl: string): Promise<Record<string, { readonly decodes: boolean; readonly encodes: boolean; readonly offered: boolean }>>
  capabilityBits(workerUrl: string): Promise<number[]>
}

const FRAMES = 24
/** Frames that are good are above 40; colours taken for those of another standard bring them to 30. */
const LEAST_DB = 36
/** DisplayCap: VP8, H264, VP9, H265. */
const CODEC_BITS = [10, 11, 13, 14]
const MEDIA = join(import.meta.dirname, '../../renderer/spice/media')
const CODECS = ['mjpeg', 'vp8', 'vp9', 'h264'] as const

async function script(file: string, banner = ''): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [join(MEDIA, file)], bundle: true, write: false, format: 'esm', target: 'chrome140', banner: { js: banner }, logLevel: 'warning' })
  return outputFiles[0]?.text ?? ''
}

let web: Server
let browser: Browser
let page: Page
let offered: Awaited<ReturnType<Video['offeredCodecs']>>

test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({}, info) => {
  const files: Record<string, string> = {
    '/': '<!doctype html><title>video</title><script type="module" src="/page.js"></script>',
    '/page.js': await script('video-page.testkit.ts'),
    '/worker.js': await script('video-worker.testkit.ts'),
    '/poor-worker.js': await script('video-worker.testkit.ts', 'delete globalThis.VideoDecoder;'),
  }
  web = createServer((request, response) => {
    const body = files[request.url ?? '']
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': request.url === '/' ? 'text/html' : 'text/javascript' }).end(body)
  })
  await new Promise<void>((resolve) => { web.listen(0, '127.0.0.1', resolve) })
  const { path, env } = await findExecutable({ headless: true, path: process.env['PATH'] ?? '', unpackInto: () => Promise.resolve(info.outputPath('chromium')) })
  browser = await chromium.launch({ executablePath: path, headless: true, env: { ...(process.env as Record<string, string>), ...env }, chromiumSandbox: process.getuid?.() !== 0 })
  page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(web.address() as AddressInfo).port}/`)
  await page.waitForFunction(() => 'video' in globalThis)
  offered = await page.evaluate(() => (globalThis as unknown as { video: Video }).video.offeredCodecs('/worker.js'))
})

test.afterAll(async () => {
  await browser.close()
  web.close()
})

test('what the browser decodes is offered, and nothing else', async () => {
  expect(offered['mjpeg']?.offered).toBe(true)
  for (const name of CODECS) expect(offered[name]?.offered, name).toBe(offered[name]?.decodes)
  const poor = await page.evaluate(() => (globalThis as unknown as { video: Video }).video.capabilityBits('/poor-worker.js'))
  expect(poor.filter((bit) => CODEC_BITS.includes(bit))).toEqual([])
})

for (const name of CODECS) {
  test(`${name}: every frame is its source, and in its turn among the draws`, async () => {
    const can = offered[name]
    test.skip(can?.decodes !== true || !can.encodes, 'this browser does not decode it, or cannot make it')
    const got = await page.evaluate(([codec, frames]) => (globalThis as unknown as { video: Video }).video.playVideo('/worker.js', codec, frames), [name, FRAMES] as const)
    console.log(`${name}: ${Math.min(...got.psnr).toFixed(1)} to ${Math.max(...got.psnr).toFixed(1)} dB`)
    expect(got.problems).toEqual([])
    expect(got).toMatchObject({ frames: FRAMES, drops: 0, outOfTurn: 0 })
    expect(Math.min(...got.psnr)).toBeGreaterThan(LEAST_DB)
  })
}
