import { chromium } from 'playwright-core'
import { readFile } from 'node:fs/promises'
import { duplexPair } from 'node:stream'
import { SECURITY_HEADERS } from '/work/main/electron/shells/common/csp.ts'
import { SpiceServer } from '/work/main/embedded/spice/server.ts'
import * as SI from '/work/main/embedded/spice/sign-in-screen.ts'
import * as DS from '/work/main/embedded/spice/desktop-screen.ts'
const dir = '/tmp/dev-renderer'
const types: Record<string,string> = { html:'text/html', js:'text/javascript', css:'text/css', map:'application/json', txt:'text/plain' }
const screen = process.argv[2] === 'desktop' ? new (DS as any).DesktopScreen({ user: 'ada', host: 'demo', width: 1024, height: 768 }) : new (SI as any).SignInScreen({ host: 'demo', width: 1024, height: 768 })
const server = new SpiceServer({ screen, ticket: () => ({ kind: 'none' }) as any })
await server.prepare()
server.onInput(e => console.log('input', JSON.stringify(e)))
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', chromiumSandbox: false, headless: true })
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
page.on('console', m => { console.log('console', m.type(), m.text()) })
page.on('pageerror', e => console.log('pageerror', e.message, e.stack))
await page.route('**/*', async route => {
  const u = new URL(route.request().url())
  const p = u.pathname === '/' ? '/dev.html' : u.pathname
  try { await route.fulfill({ body: await readFile(dir + p), headers: { ...SECURITY_HEADERS, 'content-type': types[p.split('.').pop()!]! } }) }
  catch { await route.fulfill({ status: 404 }) }
})
await page.addInitScript(() => { document.addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI, e.sourceFile, e.lineNumber)) })
const ends = new Map<string, any>()
let down = 0
await page.exposeFunction('nodeOpen', (nonce: string) => { const [a, b] = duplexPair(); server.accept(b); ends.set(nonce, a)
  a.on('data', (c: Buffer) => { down += c.length; void page.evaluate(([n, s]) => (window as any).fromNode(n, s), [nonce, c.toString('base64')]).catch(() => {}) })
  a.on('end', () => { void page.evaluate((n) => (window as any).ended(n), nonce).catch(() => {}) }) })
await page.exposeFunction('nodeSend', (nonce: string, s: string) => { ends.get(nonce).write(Buffer.from(s, 'base64')) })
await page.exposeFunction('nodeClose', (nonce: string) => { console.log('page closed', nonce); ends.get(nonce).end() })
await page.goto('https://latchkey.invalid/')
await page.waitForFunction(() => window.gallery && document.querySelector('.waiting'))
await page.evaluate(() => {
  const w = window as any; const ports = new Map<string, MessagePort>(); w.acks = 0
  w.fromNode = (n: string, s: string) => { const b = Uint8Array.from(atob(s), c => c.charCodeAt(0)); for (let i=0;i<b.length;i+=65536) { const p=b.slice(i,i+65536).buffer; ports.get(n)!.postMessage(p,[p]) } }
  w.ended = (n: string) => ports.get(n)?.postMessage({ t: 'closed', reason: 'ended' })
  window.gallery!.onOpen = (ch) => { const nonce = 'nonce-nonce-nonce-' + ch; const c = new MessageChannel(); ports.set(nonce, c.port1)
    c.port1.onmessage = e => { if (e.data instanceof ArrayBuffer) w.nodeSend(nonce, btoa(String.fromCharCode(...new Uint8Array(e.data)))); else if (e.data.t === 'close') w.nodeClose(nonce); else w.acks += e.data.n }
    w.nodeOpen(nonce).then(() => window.postMessage({ type: 'latchkey.port', nonce }, location.origin, [c.port2])); return nonce }
})
await page.evaluate(() => { const g = window.gallery!; const push = g.requests.push.bind(g.requests); g.requests.push = (r: any) => push({ ...r, at: Math.round(performance.now() - (window as any).t0) }) })
const t0 = Date.now()
await page.evaluate(() => { (window as any).t0 = performance.now(); window.gallery!.show('console-connecting') })
await page.waitForFunction(() => window.gallery!.requests.some(r => (r.input as any).event === 'firstFrame'), undefined, { timeout: 8000 }).catch(e => console.log('NO FIRST FRAME'))
console.log('first frame after', Date.now() - t0, 'ms; bytes', down)
await page.evaluate(() => window.gallery!.show('console-sso-running'))
await page.waitForTimeout(500)
await page.screenshot({ path: '/tmp/shots/live-1.png' })
await page.mouse.move(640, 400); await page.mouse.move(700, 420); await page.mouse.click(640, 400)
await page.mouse.wheel(0, 200)
await page.keyboard.type('ada'); await page.keyboard.press('Pause'); await page.keyboard.press('ArrowLeft'); await page.keyboard.down('Shift'); await page.keyboard.press('KeyQ'); await page.keyboard.up('Shift')
await page.waitForTimeout(300)
await page.keyboard.down('Control'); await page.keyboard.down('Alt'); await page.keyboard.press('Home'); await page.keyboard.up('Alt'); await page.keyboard.up('Control')
await page.waitForTimeout(300)
await page.screenshot({ path: '/tmp/shots/live-2.png' })
await page.keyboard.press('Enter')
await page.waitForTimeout(200)
console.log('active', await page.evaluate(() => document.activeElement?.className))
await page.keyboard.type('x')
await page.setViewportSize({ width: 1500, height: 700 })
await page.waitForTimeout(200)
await page.mouse.move(750, 350)
await page.waitForTimeout(5000)
await page.screenshot({ path: '/tmp/shots/live-3.png' })
console.log(JSON.stringify(await page.evaluate(() => [window.gallery!.requests, (window as any).acks])))
console.log('stats', JSON.stringify(server.stats))
await page.evaluate(() => window.gallery!.show('desktops'))
await page.waitForTimeout(200)
console.log('after unmount', JSON.stringify(server.stats))
await page.evaluate(() => window.gallery!.set({ ...JSON.parse(JSON.stringify({})), screen: 'ending' } as any))
await page.evaluate(() => window.gallery!.show('console-connecting'))
await page.waitForTimeout(600)
console.log('second mount', JSON.stringify(server.stats))
server.disconnect()
await page.waitForTimeout(300)
console.log(JSON.stringify((await page.evaluate(() => window.gallery!.requests)).slice(-4)))
await browser.close(); server.close()
process.exit(0)
