// Why: the check has to know what the guest itself thinks: its resolution, its clipboard, its keyboard's lamps. QEMU's guest
// agent runs commands in it, past everything that is under test.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from '../lab/lab.ts'
import { domain, person } from './facts.ts'

interface ExecStatus {
  readonly exited: boolean
  readonly exitcode?: number
  readonly 'out-data'?: string
  readonly 'err-data'?: string
}

export class Inside {
  readonly #lab: Lab

  constructor(lab: Lab) {
    this.#lab = lab
  }

  async #agent<T>(execute: string, args: object = {}): Promise<T> {
    const answer = await this.#lab.virsh('qemu-agent-command', '--timeout', '20', domain.uuid, JSON.stringify({ execute, arguments: args }))
    return (JSON.parse(answer) as { return: T }).return
  }

  async answers(): Promise<boolean> {
    return this.#agent('guest-ping').then(() => true, () => false)
  }

  /** Runs a shell command as root. @returns its output; throws with its errors when it fails */
  async root(command: string, seconds = 60): Promise<string> {
    return this.#exec('/bin/sh', ['-c', command], seconds)
  }

  /** As the person, in their X session. */
  async shell(command: string, seconds = 60): Promise<string> {
    return this.#exec('/usr/sbin/runuser', ['-u', person.name, '--', 'env', 'DISPLAY=:0', 'LANG=C.UTF-8', `HOME=/home/${person.name}`, '/bin/sh', '-c', `cd; ${command}`], seconds)
  }

  /** Starts a program of the person's that goes on. */
  async launch(command: string): Promise<void> {
    await this.shell(`${command} >/dev/null 2>&1 </dev/null & :`)
  }

  async #exec(path: string, arg: readonly string[], seconds: number): Promise<string> {
    const { pid } = await this.#agent<{ pid: number }>('guest-exec', { path, arg, 'capture-output': true })
    for (const end = Date.now() + seconds * 1000; ; await sleep(100)) {
      const status = await this.#agent<ExecStatus>('guest-exec-status', { pid })
      const text = (data = ''): string => Buffer.from(data, 'base64').toString()
      if (status.exited) {
        if (status.exitcode === 0) return text(status['out-data'])
        throw new Error(`in the guest: ${arg.at(-1) ?? ''}: ${String(status.exitcode)} ${text(status['err-data']).trim()}`)
      }
      if (Date.now() > end) throw new Error(`in the guest: ${arg.at(-1) ?? ''}: not within ${seconds} s`)
    }
  }

  /** Gives the person's account the password that the lab has for them today; `hash` as in /etc/shadow. */
  async setPassword(hash: string): Promise<void> {
    await this.#agent('guest-set-user-password', { username: person.name, crypted: true, password: Buffer.from(hash).toString('base64') })
  }

  /** The screen as xrandr has it. */
  async resolution(): Promise<{ readonly width: number; readonly height: number }> {
    const found = /current (\d+) x (\d+)/.exec(await this.shell('xrandr'))
    if (!found) throw new Error('xrandr tells no resolution')
    return { width: Number(found[1]), height: Number(found[2]) }
  }
}
