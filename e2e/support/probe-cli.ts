// Why: `latchkey probe` is tested as what it is, a command: started as a process without configuration, display or home,
// with a temporary folder of its own that must be empty afterwards.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProbeResult } from '../../electron/main/probe/result.ts'

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'latchkey.mjs')

export interface Ended {
  readonly status: number | null
  readonly out: string
  readonly err: string
  /** What is left in its temporary folder. */
  readonly left: readonly string[]
  /** Of a run with --json. */
  readonly result: ProbeResult
}

export interface ProbeProcess {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Ctrl-C */
  interrupt(): void
}

export interface ProbeOptions {
  readonly input?: string
  /** Another copy of the command, and the node and the user to run it with. */
  readonly bin?: string
  readonly node?: string
  readonly uid?: number
}

/** Starts `latchkey probe` with these arguments. */
export function startProbe(args: readonly string[], o: ProbeOptions = {}): ProbeProcess {
  const temp = mkdtempSync(join(tmpdir(), 'latchkey-e2e-'))
  // Root's browser runs as another user and has to pass; another user's folder is made here, by root.
  chmodSync(temp, o.uid === undefined ? 0o711 : 0o777)
  const env = { PATH: process.env['PATH'] ?? '', TMPDIR: temp, HOME: join(temp, 'none') }
  const who = o.uid === undefined ? {} : { uid: o.uid, gid: o.uid }
  const child = spawn(o.node ?? process.execPath, [o.bin ?? BIN, 'probe', ...args], { env, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'], ...who })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (s: string) => (out += s))
  child.stderr.setEncoding('utf8').on('data', (s: string) => (err += s))
  child.stdin.on('error', () => undefined)
  child.stdin.end(o.input ?? '')
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => {
      const left = readdirSync(temp)
      rmSync(temp, { recursive: true, force: true })
      resolve({
        status, out, err, left,
        get result() {
          return JSON.parse(out) as ProbeResult
        },
      })
    })
  })
  return { pid: child.pid ?? 0, ended, interrupt: () => void child.kill('SIGINT') }
}

export const runProbe = (args: readonly string[], o?: ProbeOptions): Promise<Ended> => startProbe(args, o).ended
