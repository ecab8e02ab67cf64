// Why: the product is no program for root, but the tests run as root in CI, and their checkout may be where no other
// user can go. So what the app needs is put into a folder that the user can read, and is started from there.
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { bundleOptions } from '../../build/bundle.ts'
import type { ConfigDir } from '../../build/demo/config-dir.ts'
import { findExecutable } from '../../electron/shells/chromium/binary.ts'
import { NOBODY } from '../../electron/shells/chromium/privileges.ts'
import type { DriveCommand, DriveStart } from './drive-as-user.ts'

const root = resolve(import.meta.dirname, '..', '..')

export interface UserProcess {
  readonly pid: number
  readonly uid: number
  /** Its home and temporary folder lie in here. */
  readonly folder: string
  readonly log: string[]
  /** Process ids of the browser, by the browser's own account. */
  readonly browser: readonly number[]
  readonly outcome: string
  ask(command: DriveCommand): Promise<void>
  /** Resolves with the exit status; everything is removed then. */
  end(): Promise<number | null>
}

/** Signs in with this configuration in a process of its own. The configuration is given to that process's user. */
export async function signInAsUser(config: ConfigDir, who: Omit<DriveStart, 'configDir'>): Promise<UserProcess> {
  const user = process.getuid?.() === 0 ? NOBODY : undefined
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-as-user-'))
  chmodSync(folder, 0o755)
  const own = (path: string): string => {
    mkdirSync(path, { mode: 0o700 })
    if (user) chownSync(path, user.uid, user.gid)
    return path
  }
  try {
    const node = await provide(folder)
    if (user) giveAway(dirname(config.dir), user)
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: own(join(folder, 'home')), TMPDIR: own(join(folder, 'tmp')) }
    const child = spawn(node, [join(folder, 'drive-as-user.mjs')], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'], ...(user && { uid: user.uid, gid: user.gid }) })
    return await converse(child, folder, user?.uid ?? process.getuid?.() ?? -1, { ...who, configDir: config.dir })
  } catch (e) {
    rmSync(folder, { recursive: true, force: true })
    throw e
  }
}

/** Puts program, page, playwright-core, Node and (where none is installed) the browser into `folder`; returns the path of Node. */
async function provide(folder: string): Promise<string> {
  await build({ ...bundleOptions('main-chromium', root, folder), entryPoints: [join(root, 'e2e', 'support', 'drive-as-user.ts')], outfile: join(folder, 'drive-as-user.mjs') })
  cpSync(join(root, 'dist', 'renderer'), join(folder, 'renderer'), { recursive: true })
  const modules = ['playwright-core']
  const installed = await findExecutable({ headless: true, path: '/usr/local/bin:/usr/bin:/bin', npmBin: undefined, unpackInto: () => Promise.reject(new Error('not wanted')) }).catch(() => undefined)
  if (!installed) modules.push('@sparticuz/chromium')
  for (const name of modules) cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true })
  const node = join(folder, 'node')
  try {
    linkSync(process.execPath, node)
  } catch {
    copyFileSync(process.execPath, node)
    chmodSync(node, 0o755)
  }
  return node
}

function giveAway(path: string, user: { uid: number; gid: number }): void {
  chownSync(path, user.uid, user.gid)
  for (const e of readdirSync(path, { withFileTypes: true })) {
    if (e.isDirectory()) giveAway(join(path, e.name), user)
    else chownSync(join(path, e.name), user.uid, user.gid)
  }
}

async function converse(child: ChildProcess, folder: string, uid: number, start: DriveStart): Promise<UserProcess> {
  const { stdin, stdout, stderr, pid } = child
  if (!stdin || !stdout || !stderr || pid === undefined) throw new Error('the process did not start')
  const log: string[] = []
  createInterface({ input: stderr }).on('line', (line) => void log.push(line))
  const exit = new Promise<number | null>((done) => void child.once('exit', (code) => done(code)))
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]()
  stdin.on('error', () => undefined)
  const tell = (value: object): void => void stdin.write(`${JSON.stringify(value)}\n`)
  const answer = async (to: string): Promise<{ outcome?: string; browser?: number[] }> => {
    const { value, done } = await answers.next()
    const said = done === true ? undefined : (JSON.parse(value as string) as { did?: string; outcome?: string; browser?: number[] })
    if (said?.did !== to) throw new Error(`the app of user ${uid} did not answer to "${to}":\n${log.slice(-5).join('\n')}`)
    return said
  }
  const clean = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    tell(start)
    const { outcome = '', browser = [] } = await answer('sign-in')
    return {
      pid, uid, folder, log, browser, outcome,
      async ask(command) {
        tell(command)
        await answer(command.do)
      },
      async end() {
        tell({ do: 'end' })
        const status = await exit
        clean()
        return status
      },
    }
  } catch (e) {
    child.kill('SIGKILL')
    await exit
    throw e
  }
}
