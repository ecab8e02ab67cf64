// Why: spice-gtk is what "native" means here. remote-viewer runs full screen on a virtual display of the guest's size, so
// that it paints every pixel once and scales none.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Client, RunningClient } from './client.ts'
import { within } from './processes.ts'

const START_MS = 15_000

export function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).map((dir) => join(dir, name)).find((path) => existsSync(path))
}

/** undefined, or what this machine has not got. */
export const viewerMissing = (): string | undefined =>
  ['remote-viewer', 'Xvfb'].some((p) => findProgram(p) === undefined) ? 'remote-viewer needs: apt-get install virt-viewer xvfb openbox' : undefined

/** Ends one process that was started here, by its id, and waits for it. */
export async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await within(2000, 'its end', gone).catch(() => child.kill('SIGKILL'))
}

/** A virtual display of 1920 × 1080, with a window manager where there is one, whose pixels are in a file. */
export class VirtualDisplay {
  readonly name: string
  /** An XWD file that the server keeps up to date, mapped. */
  readonly frameBuffer: string
  readonly env: NodeJS.ProcessEnv
  readonly #dir: string
  readonly #children: ChildProcess[]

  private constructor(name: string, dir: string, children: ChildProcess[]) {
    this.name = name
    this.#dir = dir
    this.#children = children
    this.frameBuffer = join(dir, 'Xvfb_screen0')
    this.env = { ...process.env, DISPLAY: name, HOME: dir, XDG_RUNTIME_DIR: dir, GDK_BACKEND: 'x11', GSETTINGS_BACKEND: 'memory', NO_AT_BRIDGE: '1', LC_ALL: 'C.UTF-8' }
  }

  static async start(): Promise<VirtualDisplay> {
    const dir = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
    const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1920x1080x24', '-fbdir', dir, '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    const [line] = (await within(START_MS, 'Xvfb', once(server.stdio[3] as NodeJS.ReadableStream, 'data'))) as [Buffer]
    const display = new VirtualDisplay(`:${line.toString().trim()}`, dir, [server])
    if (findProgram('openbox') !== undefined) display.#children.push(spawn('openbox', ['--sm-disable'], { env: display.env, stdio: 'ignore' }))
    return display
  }

  spawn(program: string, args: readonly string[]): ChildProcess {
    return spawn(program, args, { env: this.env, stdio: 'ignore' })
  }

  async close(): Promise<void> {
    for (const child of this.#children.reverse()) await end(child)
    await rm(this.#dir, { recursive: true, force: true })
  }
}

export class ViewerClient implements Client {
  readonly name = 'remote-viewer' as const
  readonly #display: VirtualDisplay

  constructor(display: VirtualDisplay) {
    this.#display = display
  }

  start(port: number): Promise<RunningClient> {
    const child = this.#display.spawn('remote-viewer', ['--kiosk', '--kiosk-quit', 'on-disconnect', `spice://127.0.0.1:${port}`])
    return Promise.resolve({
      pid: child.pid ?? 0,
      begin: () => Promise.resolve(),
      end: () => Promise.resolve(undefined),
      colours: () => Promise.resolve(undefined),
      stop: () => end(child),
    })
  }

  close(): Promise<void> {
    return this.#display.close()
  }
}
