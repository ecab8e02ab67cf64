// Why: a lab outlives the process that started it; what is needed to use, check and end it is one file of root's.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { labPaths, labRoot } from './facts.ts'
import { isRunning, refOf } from './run.ts'
import type { ProcessRef } from './run.ts'

export interface LabState {
  readonly version: 1
  readonly sshPort: number
  readonly processes: { readonly virtlogd?: ProcessRef; readonly libvirtd?: ProcessRef; readonly sshd?: ProcessRef }
  /** By person's name. */
  readonly passwords: Readonly<Record<string, string>>
  readonly guestPasswords: Readonly<Record<string, string>>
  readonly spicePassword: string
}

export function readState(): LabState | undefined {
  try {
    const state = JSON.parse(readFileSync(labPaths.state, 'utf8')) as LabState
    return state.version === 1 ? state : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Written whole and renamed, so that a reader never sees half of it; 0600: it holds the test accounts' passwords. */
export function writeState(state: LabState): void {
  const fresh = `${labPaths.state}.${process.pid}`
  writeFileSync(fresh, JSON.stringify(state, null, 2), { mode: 0o600 })
  renameSync(fresh, labPaths.state)
}

export const removeState = (): void => rmSync(labPaths.state, { force: true })

/** Runs `work` while no other process of the lab's does; waits up to two minutes for its turn. */
export async function locked<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(labRoot, { recursive: true, mode: 0o755 })
  for (let tries = 0; !takeLock(); tries++) {
    if (tries > 1200) throw new Error(`another process holds ${labPaths.lock}`)
    await sleep(100)
  }
  try {
    return await work()
  } finally {
    rmSync(labPaths.lock, { force: true })
  }
}

function takeLock(): boolean {
  try {
    writeFileSync(labPaths.lock, JSON.stringify(refOf(process.pid)), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (!holderLives()) rmSync(labPaths.lock, { force: true })
    return false
  }
}

function holderLives(): boolean {
  try {
    return isRunning(JSON.parse(readFileSync(labPaths.lock, 'utf8')) as ProcessRef)
  } catch {
    // Half written or just removed: treat it as held, the next try sees clearer.
    return true
  }
}
