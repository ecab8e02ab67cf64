// Why: real keys on a real window need an X server and a window manager; a test gets its own pair, with a free display
// number, and ends exactly these two processes.
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { once } from 'node:events'

const TOOLS = ['Xvfb', 'openbox', 'xdotool', 'xprop'].map((name) => `/usr/bin/${name}`)
/** The browser itself, not the script on PATH that adds flags. */
const CHROMIUM = '/usr/lib/chromium/chromium'

/** What is missing for a test with a window; empty when all is there. */
export const missingForWindows = (): string[] => [...TOOLS, CHROMIUM].filter((path) => !existsSync(path))

export interface XDisplay {
  /** For DISPLAY. */
  readonly name: string
  readonly width: number
  readonly height: number
  /** Environment for programs on this display. */
  readonly env: NodeJS.ProcessEnv
  xdotool(...args: string[]): string
  /** Real keys, one after the other, in xdotool's notation. */
  keys(...names: string[]): void
  /** Windows that the window manager manages, by their class. */
  windows(): string[]
  /** The server dies, as when the session ends. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export async function startDisplay(width = 1024, height = 768): Promise<XDisplay> {
  // The server picks a free number and writes it to descriptor 3 when it is ready.
  const x = spawn('/usr/bin/Xvfb', ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-noreset'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const [number] = (await once(x.stdio[3]!, 'data')) as [Buffer]
  const name = `:${number.toString().trim()}`
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C.UTF-8', DISPLAY: name }
  const manager = spawn('/usr/bin/openbox', [], { env: { ...env, HOME: '/nonexistent' }, stdio: 'ignore' })
  const run = (program: string, ...args: string[]): string => execFileSync(`/usr/bin/${program}`, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  // Until then a window would come up unmanaged.
  for (let i = 0; !run('xprop', '-root', '_NET_SUPPORTING_WM_CHECK').includes('window id'); i++) {
    if (i > 200) throw new Error('openbox does not start')
    await new Promise((r) => setTimeout(r, 25))
  }
  return {
    name, width, height, env,
    xdotool: (...args) => run('xdotool', ...args).trim(),
    keys: (...names) => {
      for (const key of names) run('xdotool', 'key', '--clearmodifiers', key)
    },
    windows: () => {
      const ids = run('xprop', '-root', '_NET_CLIENT_LIST').match(/0x[0-9a-f]+/g) ?? []
      return ids.map((id) => run('xprop', '-id', id, 'WM_CLASS').split('=')[1]?.trim() ?? id)
    },
    kill: () => end(x),
    stop: async () => {
      await end(manager)
      await end(x)
    },
  }
}
