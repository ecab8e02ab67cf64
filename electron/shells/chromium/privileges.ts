// Why: Chromium's sandbox needs an ordinary user, and a browser that shows a guest's picture is no program for root.
// When our process is root, the browser is started as an unprivileged user; in every case it gets a folder of its own
// that nobody else can read, and an environment that is a short list.
import { constants, rmSync } from 'node:fs'
import { access, chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '../../core/errors.ts'

export interface BrowserUser {
  readonly uid: number
  readonly gid: number
}

/** nobody/nogroup on Debian; owns nothing. */
export const NOBODY: BrowserUser = { uid: 65534, gid: 65534 }

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'] as const

export interface RunFolder {
  readonly root: string
  readonly profile: string
  readonly home: string
  /** For files that the browser may read but not change (an unpacked binary). */
  readonly program: string
  readonly user: BrowserUser | undefined
  remove(): Promise<void>
}

/** undefined: the browser runs as we do. Errors: shell.unavailable when the wanted user is root or cannot be taken. */
export function browserUser(ownUid: number, wanted?: BrowserUser): BrowserUser | undefined {
  if (wanted && (wanted.uid === 0 || wanted.gid === 0)) throw new AppError('shell.unavailable', 'Chromium is never started as root: name an unprivileged user')
  if (ownUid === 0) return wanted ?? NOBODY
  if (wanted && wanted.uid !== ownUid) throw new AppError('shell.unavailable', `only root can start the browser as user ${wanted.uid}`)
  return undefined
}

/**
 * Makes the folder of one run: `root` is ours (0711 for another user to pass through, 0700 otherwise; its name is
 * random), `profile` and `home` belong to the browser's user and are 0700. What is executed lies outside both, so the
 * browser cannot change what we start next. `base`: $XDG_RUNTIME_DIR where it is ours alone, else the temporary folder.
 */
export async function createRunFolder(user: BrowserUser | undefined, base: string): Promise<RunFolder> {
  const root = await mkdtemp(join(base, 'latchkey-'))
  const removeSync = () => rmSync(root, { recursive: true, force: true })
  process.once('exit', removeSync)
  const profile = join(root, 'profile')
  const home = join(root, 'home')
  const program = join(root, 'program')
  for (const dir of [profile, home]) {
    await mkdir(dir, { mode: 0o700 })
    if (user) await chown(dir, user.uid, user.gid)
  }
  await mkdir(program, { mode: 0o755 })
  // After an umask of 077 the modes above are too tight for another user to pass.
  await chmod(root, user ? 0o711 : 0o700)
  await chmod(program, 0o755)
  return {
    root, profile, home, program, user,
    remove: async () => {
      process.off('exit', removeSync)
      // Helper processes of the browser may still be writing when it has just been ended.
      await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    },
  }
}

/** Where run folders go. A tmpfs that dies with the log-in session is best, but another user cannot pass through it. */
export async function runBase(user: BrowserUser | undefined, runtimeDir: string | undefined, ownUid: number, temp: string = tmpdir()): Promise<string> {
  // Root's own temporary folder may be closed to others (pam_tmpdir makes it so), and the browser has to pass.
  if (user) return (await passable(temp)) ? temp : '/tmp'
  if (runtimeDir === undefined) return temp
  const s = await stat(runtimeDir).catch(() => undefined)
  return s?.isDirectory() && s.uid === ownUid && (s.mode & 0o077) === 0 ? runtimeDir : temp
}

/** Whether every user may go through this folder and all above it. */
async function passable(folder: string): Promise<boolean> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const s = await stat(at).catch(() => undefined)
    if (!s?.isDirectory() || (s.mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

/**
 * The file to start instead of `executable`. For another user it is a two-line script around setpriv (util-linux,
 * essential on Debian): it becomes that user and then *becomes* the browser, so descriptors 3 and 4 (the pipe) and
 * signals stay as they are. Node's own process.execve would not do: node marks inherited descriptors close-on-exec.
 */
export async function launcher(executable: string, folder: RunFolder): Promise<string> {
  if (!folder.user) return executable
  const setpriv = await firstRunnable(SETPRIV)
  if (!setpriv) throw new AppError('shell.unavailable', 'started as root, but setpriv (package util-linux) is missing, so the browser cannot be given to an ordinary user. Start as an ordinary user instead.')
  const { uid, gid } = folder.user
  const path = join(folder.root, 'launch')
  const script = `#!/bin/sh\nexec ${setpriv} --reuid=${uid} --regid=${gid} --clear-groups --inh-caps=-all -- ${quote(executable)} "$@"\n`
  await writeFile(path, script, { mode: 0o700 })
  return path
}

/** Variables that pass from our environment to the browser, beside LC_*. */
export const PASSED_ENV = ['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'LANG', 'LANGUAGE', 'TZ', 'PULSE_SERVER', 'PIPEWIRE_REMOTE', 'DBUS_SESSION_BUS_ADDRESS', 'FONTCONFIG_FILE', 'FONTCONFIG_PATH', 'LIBGL_ALWAYS_SOFTWARE'] as const

/** The browser's whole environment. HOME, XDG folders and TMPDIR lie in the run folder, so nothing is left on disk. */
export function browserEnv(own: Readonly<Record<string, string | undefined>>, folder: RunFolder, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env: Record<string, string> = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: folder.home,
    TMPDIR: folder.home,
    XDG_CONFIG_HOME: join(folder.home, 'config'),
    XDG_CACHE_HOME: join(folder.home, 'cache'),
    XDG_DATA_HOME: join(folder.home, 'data'),
  }
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && ((PASSED_ENV as readonly string[]).includes(name) || /^LC_[A-Z]+$/.test(name))) env[name] = value
  }
  // Sound and Wayland sockets live there; for another user it is not ours to give.
  const runtime = own['XDG_RUNTIME_DIR']
  env['XDG_RUNTIME_DIR'] = !folder.user && runtime ? runtime : folder.home
  return { ...env, ...extra }
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

async function firstRunnable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (await access(path, constants.X_OK).then(() => true, () => false)) return path
  }
  return undefined
}
