// Why: what the page and the browser may not do, proved with a real browser: each statement of the threat model that
// concerns the window has its test here. A suite, so that it runs on the npm binary and on an installed Chromium.
import { readFileSync, readlinkSync, readdirSync, existsSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RendererLink } from '../../core/ports/shell.ts'
import { FORBIDDEN_FLAGS } from './flags.ts'
import { PAGE_URL } from './origin.ts'
import { PASSED_ENV } from './privileges.ts'
import { testAssets, testShell, type TestBrowser } from './real-browser.testkit.ts'
import type { ChromiumShell } from './shell.ts'

/** Runs first in the page: notes what a page's very first line can see. */
const PAGE = String.raw`
window.first = { names: Object.getOwnPropertyNames(window), require: typeof require, process: typeof process, latchkey: typeof window.latchkey }
window.violations = []
document.addEventListener('securitypolicyviolation', (e) => window.violations.push(e.effectiveDirective))
`
const RANDOM_NAME = /^[a-z]?[0-9a-f]{32}$/

/** Inodes of listening TCP sockets (state 0A; proc(5), net/tcp). */
function listeningInodes(): Set<string> {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].filter(existsSync).flatMap((f) => readFileSync(f, 'utf8').split('\n').slice(1))
  return new Set(
    rows
      .map((row) => row.trim().split(/\s+/))
      .filter((c) => c[3] === '0A')
      .map((c) => c[9]!),
  )
}

function socketInodes(pid: number): string[] {
  if (!existsSync(`/proc/${pid}/fd`)) return []
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
    } catch {
      return [] // closed meanwhile
    }
  })
}

const listeners = (pids: readonly number[]) => {
  const listening = listeningInodes()
  return pids.flatMap((pid) => socketInodes(pid).filter((inode) => listening.has(inode)))
}
/** Fields of /proc/PID/status; undefined for a process that has gone (the browser keeps spare renderers and drops them). */
const statusIfAlive = (pid: number) => {
  try {
    return status(pid)
  } catch {
    return undefined
  }
}
const status = (pid: number): Record<string, string> =>
  Object.fromEntries(
    readFileSync(`/proc/${pid}/status`, 'utf8')
      .split('\n')
      .map((l) => l.split(':\t') as [string, string]),
  )
const argv = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')

export function hardeningSuite(title: string, find: () => Promise<TestBrowser>): void {
  describe(`the window on the ${title}`, () => {
    let shell: ChromiumShell
    let link: RendererLink
    const seen: unknown[] = []
    const lines: [string, string][] = []

    beforeAll(async () => {
      shell = testShell((await find()).executable, testAssets(PAGE, '<h1 id="h">Hello</h1><script>window.inlineRan = 1</script>'), {
        env: { ...process.env, LATCHKEY_TEST_SECRET: 'must-not-cross', LC_TIME: 'C' },
        onConsole: (level, text) => lines.push([level, text]),
      })
      await shell.open((next) => {
        link = next
        link.handle('ui.command', async (c) => {
          seen.push(c)
          return null
        })
      })
      await shell.page.waitForLoadState('load')
    }, 60_000)
    afterAll(async () => {
      await shell?.close()
    }, 30_000)

    const page = () => shell.page
    /** Runs in the page's own world. */
    const js = <T>(source: string) => page().evaluate(source) as Promise<T>

    it('runs as an ordinary user inside Chromium’s own sandbox', async () => {
      const alive = (await shell.processes()).flatMap((p) => {
        const fields = statusIfAlive(p.id)
        return fields ? [{ type: p.type, fields }] : []
      })
      for (const p of alive) expect(p.fields['Uid']!.trim().split(/\s+/)).not.toContain('0')
      const renderers = alive.filter((p) => p.type === 'renderer')
      expect(renderers.length).toBeGreaterThan(0)
      for (const p of renderers) expect(p.fields).toMatchObject({ Seccomp: '2', NoNewPrivs: '1' })
    })

    it('has none of the flags that weaken it, and its pipe is no port', async () => {
      const main = (await shell.processes()).find((p) => p.type === 'browser')!
      const flags = argv(main.id).map((a) => a.split('=')[0])
      expect(flags).toContain('--remote-debugging-pipe')
      expect(flags.filter((f) => (FORBIDDEN_FLAGS as readonly string[]).includes(f!))).toEqual([])
    })

    it('listens on no TCP port, neither the browser nor we', async () => {
      const pids = [process.pid, ...(await shell.processes()).map((p) => p.id)]
      expect(pids.length).toBeGreaterThan(2)
      expect(listeners(pids)).toEqual([])
      // The same search finds a listener that is there.
      const server = createServer().listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      expect((server.address() as AddressInfo).port).toBeGreaterThan(0)
      expect(listeners([process.pid])).toHaveLength(1)
      await new Promise((resolve) => server.close(resolve))
    })

    it('gets a short environment', async () => {
      const main = (await shell.processes()).find((p) => p.type === 'browser')!
      const names = readFileSync(`/proc/${main.id}/environ`, 'utf8')
        .split('\0')
        .filter((l) => l.includes('='))
        .map((l) => l.split('=')[0]!)
      const own = ['PATH', 'HOME', 'TMPDIR', 'PWD', 'OLDPWD', '_', 'SHLVL', 'LD_LIBRARY_PATH', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR']
      // Set by Chromium in itself, e.g. CHROME_DESKTOP.
      const extra = names.filter((n) => !own.includes(n) && !(PASSED_ENV as readonly string[]).includes(n) && !/^LC_|^CHROME_/.test(n))
      expect(extra).toEqual([])
      expect(names).toContain('LC_TIME')
    })

    it('keeps its profile in a private folder of the browser’s user', async () => {
      const main = (await shell.processes()).find((p) => p.type === 'browser')!
      const profile = argv(main.id)
        .find((a) => a.startsWith('--user-data-dir='))!
        .slice('--user-data-dir='.length)
      const s = statSync(profile)
      expect(s.mode & 0o777).toBe(0o700)
      expect(String(s.uid)).toBe(status(main.id)['Uid']!.trim().split(/\s+/)[0])
    })

    it('is a secure, isolated context of our origin', async () => {
      expect(await js('[location.href, isSecureContext, crossOriginIsolated]')).toEqual([PAGE_URL, true, true])
    })

    it('shows the page’s first line no Node, no binding, only the frozen bridge', async () => {
      const first = await js<{ names: string[]; require: string; process: string; latchkey: string }>('window.first')
      expect(first).toMatchObject({ require: 'undefined', process: 'undefined', latchkey: 'object' })
      expect(first.names.filter((n) => RANDOM_NAME.test(n))).toEqual([])
      expect(await js('Object.getOwnPropertyNames(window)').then((n) => (n as string[]).filter((x) => RANDOM_NAME.test(x)))).toEqual([])
      expect(await js('Object.isFrozen(latchkey) && Object.keys(latchkey).join()')).toBe('protocol,request,subscribe')
      expect(await js('Object.getOwnPropertyDescriptor(window, "latchkey")')).toMatchObject({ writable: false, configurable: false })
    })

    it('gives an inner frame neither bridge nor binding', async () => {
      const inner = await js<{ names: string[]; bridge: string }>(
        '(() => { const f = document.createElement("iframe"); document.body.append(f); const w = f.contentWindow; const r = { names: Object.getOwnPropertyNames(w), bridge: typeof w.latchkey }; f.remove(); return r })()',
      )
      expect(inner.bridge).toBe('undefined')
      expect(inner.names.length).toBeGreaterThan(100)
      expect(inner.names.filter((n) => RANDOM_NAME.test(n))).toEqual([])
    })

    it('takes no message from another world of the same page', async () => {
      const session = await page().context().newCDPSession(page())
      const tree = await session.send('Page.getFrameTree')
      const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: tree.frameTree.frame.id, worldName: 'intruder' })
      const forged = 'R' + JSON.stringify({ id: 1, name: 'ui.command', input: { type: 'signOut' } })
      const called = await session.send('Runtime.evaluate', {
        contextId: executionContextId,
        returnByValue: true,
        expression: `Object.getOwnPropertyNames(window).filter((n) => ${RANDOM_NAME}.test(n)).map((n) => { window[n](${JSON.stringify(forged)}); return n }).length`,
      })
      // The intruder does find the binding there (so the test is one), and gets nothing by it.
      expect(called.result.value).toBe(1)
      expect(await js('latchkey.request("ui.command", { type: "dismiss" })')).toEqual({ ok: true, value: null })
      expect(seen).toEqual([{ type: 'dismiss' }])
      await session.detach()
    })

    it('enforces the content security policy', async () => {
      const tries = {
        // From a timer: what the debugger itself evaluates may eval.
        eval: `new Promise((r) => setTimeout(() => { try { r(String(window.eval('1'))) } catch (e) { r(e.name) } }))`,
        html: `(() => { try { document.getElementById('h').innerHTML = '<b>x</b>'; return 'set' } catch (e) { return e.name } })()`,
        policy: `(() => { try { trustedTypes.createPolicy('p', {}); return 'made' } catch (e) { return e.name } })()`,
        fetch: `fetch('/page.js').then(() => 'fetched', (e) => e.name)`,
        foreign: `fetch('https://example.com/').then(() => 'fetched', (e) => e.name)`,
        socket: `(() => { try { const s = new WebSocket('ws://127.0.0.1:9/'); return new Promise((r) => { s.onerror = () => r('error'); s.onopen = () => r('open') }) } catch (e) { return e.name } })()`,
        worker: `(() => { try { const w = new Worker('/page.js'); return new Promise((r) => { w.onerror = () => r('error'); w.onmessage = () => r('runs') }) } catch (e) { return e.name } })()`,
        inline: `(() => { const s = document.createElement('style'); s.textContent = '#h { color: rgb(1, 2, 3) }'; document.head.append(s); return getComputedStyle(document.getElementById('h')).color })()`,
        attribute: `(() => { const h = document.getElementById('h'); h.setAttribute('style', 'width: 77px'); return getComputedStyle(h).width })()`,
      }
      const got: Record<string, unknown> = {}
      for (const [name, source] of Object.entries(tries)) got[name] = await js(source)
      expect(got).toEqual({
        eval: 'EvalError',
        html: 'TypeError',
        policy: 'TypeError',
        fetch: 'TypeError',
        foreign: 'TypeError',
        socket: expect.stringMatching(/error/i) as string,
        worker: expect.stringMatching(/error/i) as string,
        inline: 'rgb(0, 0, 0)',
        attribute: '77px',
      })
      const violations = await js<string[]>('window.violations')
      for (const directive of ['connect-src', 'script-src-elem', 'style-src-elem', 'trusted-types', 'require-trusted-types-for']) expect(violations).toContain(directive)
      expect(violations).not.toContain('style-src-attr')
      expect(await js('typeof window.inlineRan')).toBe('undefined')
    })

    it('closes whatever window.open makes', async () => {
      await js('(() => { window.open("about:blank"); window.open("https://latchkey.invalid/"); window.open("https://example.com/"); })()')
      await vi.waitFor(() => expect(page().context().pages()).toHaveLength(1), { timeout: 5000, interval: 10 })
      expect(page().isClosed()).toBe(false)
    })

    it.each(['https://example.com/', 'http://127.0.0.1:1/', 'file:///etc/passwd', '/page.js', '/nowhere', 'chrome://settings/', 'data:text/html,x'])('stays when the page asks for %s', async (url) => {
      await js('window.mark = 1')
      await js(`void (location.href = ${JSON.stringify(url)})`).catch(() => {})
      // A refused navigation has no event: one more message to and fro shows that the page is the same.
      await js('new Promise((r) => setTimeout(r, 50))')
      expect(await js('[location.href, window.mark]')).toEqual([PAGE_URL, 1])
    })

    it('brings a page back that has left for about:blank', async () => {
      const old = link
      await js('void (location.href = "about:blank")').catch(() => {})
      await vi.waitFor(() => expect(link).not.toBe(old), { timeout: 5000, interval: 10 })
      await vi.waitFor(async () => expect(await js('latchkey.request("ui.command", { type: "dismiss" })')).toEqual({ ok: true, value: null }), { timeout: 5000, interval: 20 })
    })

    it('dismisses dialogs and refuses permissions', async () => {
      expect(await js('confirm("really?")')).toBe(false)
      const ask = (name: string) => js(`navigator.permissions.query({ name: ${JSON.stringify(name)} }).then((s) => s.state, (e) => e.name)`)
      for (const name of ['camera', 'microphone', 'geolocation', 'notifications', 'midi', 'clipboard-read']) expect([name, await ask(name)]).toEqual([name, 'denied'])
    })

    it('reports what the page writes to its console, and a violation of the policy as an error', async () => {
      lines.length = 0
      await js('console.warn("mind", 7)')
      await js('new Promise((r) => setTimeout(() => { fetch("/x").catch(() => r()) }))')
      await vi.waitFor(() => expect(lines).toEqual(expect.arrayContaining([['warning', 'mind 7'], ['error', expect.stringContaining('Content Security Policy')]])), { timeout: 5000, interval: 10 })
    })

    it('leaves nothing behind', async () => {
      const processes = await shell.processes()
      const main = processes.find((p) => p.type === 'browser')!
      const profile = argv(main.id)
        .find((a) => a.startsWith('--user-data-dir='))!
        .slice('--user-data-dir='.length)
      expect(existsSync(profile)).toBe(true)
      await shell.close()
      expect(existsSync(profile)).toBe(false)
      await vi.waitFor(() => expect(processes.filter((p) => existsSync(`/proc/${p.id}/exe`))).toEqual([]), { timeout: 5000, interval: 20 })
    }, 15_000)
  })
}
