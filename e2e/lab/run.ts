// Why: the lab starts programs of the system and must end exactly those. A process is known by its id together with
// its start time, because ids are used again.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RunResult { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs a program without a shell; `input` goes to its standard input. Never rejects for an exit status. */
export function run(program: string, args: readonly string[], opts: { input?: string; cwd?: string; timeoutMs?: number } = {}): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = execFile(
      program, args,
      {
        ...(opts.cwd === undefined ? {} : { cwd: opts.cwd }),
        timeout: opts.timeoutMs ?? 60_000, maxBuffer: 16 << 20,
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
        resolve({ code, stdout, stderr: code === 127 && stderr === '' ? String(error?.message) : stderr })
      },
    )
    // A program that ends before it has read everything closes the pipe; its exit status tells the story.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(opts.input ?? '')
  })
}

/** As run(), but a non-zero status throws with the program's last words. Input is never quoted: it may be a password. */
export async function must(program: string, args: readonly string[], opts: { input?: string; cwd?: string; timeoutMs?: number } = {}): Promise<string> {
  const result = await run(program, args, opts)
  if (result.code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${result.code}: ${result.stderr.trim().slice(-800)}`)
  return result.stdout
}

export interface ProcessRef { readonly pid: number; readonly started: string }

const statFields = (pid: number): string[] | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** Names a process that runs now; throws if there is none of that id. */
export function refOf(pid: number): ProcessRef {
  const fields = statFields(pid)
  if (fields === undefined) throw new Error(`no process ${pid}`)
  return { pid, started: fields[19] ?? '' }
}

export function isRunning(ref: ProcessRef | undefined): ref is ProcessRef {
  if (ref === undefined) return false
  const fields = statFields(ref.pid)
  return fields !== undefined && fields[19] === ref.started && fields[0] !== 'Z'
}

const allProcesses = () => readdirSync('/proc').filter((n) => /^\d+$/.test(n)).map(Number)

/** The process and all its descendants, children first. */
export function treeOf(root: ProcessRef): ProcessRef[] {
  const parents = new Map<number, number>()
  for (const pid of allProcesses()) parents.set(pid, Number(statFields(pid)?.[1] ?? 0))
  const found: number[] = [root.pid]
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child)
  return found.reverse().flatMap((pid) => {
    const fields = statFields(pid)
    return fields === undefined ? [] : [{ pid, started: fields[19] ?? '' }]
  })
}

/** Ends these processes: TERM, then KILL after `graceMs`. Returns when all are gone. */
export async function end(refs: readonly ProcessRef[], graceMs = 5000): Promise<void> {
  const left = () => refs.filter(isRunning)
  for (const ref of left()) signal(ref, 'SIGTERM')
  for (let waited = 0; left().length > 0; waited += 25) {
    if (waited >= graceMs) for (const ref of left()) signal(ref, 'SIGKILL')
    if (waited >= 2 * graceMs) throw new Error(`processes do not end: ${left().map((r) => r.pid).join(', ')}`)
    await sleep(25)
  }
}

/** Kills these processes, without a chance to say goodbye. Returns when all are gone. */
export async function kill(refs: readonly ProcessRef[]): Promise<void> {
  for (const ref of refs) if (isRunning(ref)) signal(ref, 'SIGKILL')
  await until('the end of killed processes', 5000, () => (refs.some(isRunning) ? undefined : true))
}

function signal(ref: ProcessRef, name: NodeJS.Signals): void {
  try {
    process.kill(ref.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Polls until `probe` gives a value; throws `what` after the deadline. */
export async function until<T>(what: string, deadlineMs: number, probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const value = await probe()
    if (value !== undefined) return value
    if (Date.now() > end) throw new Error(`${what}: not within ${deadlineMs} ms`)
    await sleep(25)
  }
}
