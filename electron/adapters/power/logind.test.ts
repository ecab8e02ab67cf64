import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../core/ports/logger.ts'
import { ManualClock, settle } from '../../core/testkit.ts'
import { createDevicePower, type PowerSpawn } from './logind.ts'

class FakeChild extends EventEmitter {
  readonly stderr = new PassThrough()
  killed = false
  kill(): void {
    this.killed = true
  }
  async end(code: number | null, said = ''): Promise<void> {
    this.stderr.end(said)
    await settle()
    this.emit('close', code, code === null ? 'SIGKILL' : null)
  }
}

function setup(allow: Partial<Record<'allowReboot' | 'allowPowerOff' | 'allowSuspend', boolean>> = {}) {
  const child = new FakeChild()
  const clock = new ManualClock()
  const calls: { command: string; args: readonly string[]; shell: unknown }[] = []
  const spawn: PowerSpawn = (command, args, options) => {
    calls.push({ command, args, shell: options.shell })
    return child
  }
  const power = createDevicePower({ fullscreen: true, allowReboot: true, allowPowerOff: true, allowSuspend: true, ...allow }, { clock, log: silentLogger, spawn })
  return { power, child, clock, calls }
}

describe('device power', () => {
  it.each([
    ['reboot', 'reboot'],
    ['power-off', 'poweroff'],
    ['suspend', 'suspend'],
  ] as const)('%s is systemctl %s, without a shell', async (action, verb) => {
    const { power, child, calls, clock } = setup()
    const done = power.perform(action)
    await child.end(0)
    await done
    expect(calls).toEqual([{ command: 'systemctl', args: ['--no-ask-password', verb], shell: undefined }])
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['reboot', 'allowReboot'],
    ['power-off', 'allowPowerOff'],
    ['suspend', 'allowSuspend'],
  ] as const)('%s is refused where %s is off, and nothing is started', async (action, key) => {
    const { power, calls } = setup({ [key]: false })
    expect(power.allowed).not.toContain(action)
    await expect(power.perform(action)).rejects.toMatchObject({ code: 'power.denied' })
    expect(calls).toEqual([])
  })

  it('what systemd says is the detail, bounded', async () => {
    const { power, child } = setup()
    const done = expect(power.perform('suspend')).rejects.toMatchObject({ code: 'power.failed', detail: expect.stringMatching(/^systemctl suspend ended with 1: Sleep verb.{0,4100}$/s) as string })
    await child.end(1, 'Sleep verb "suspend" not supported' + '!'.repeat(100_000))
    await done
  })

  it('polkit saying no is power.denied', async () => {
    const { power, child } = setup()
    const done = expect(power.perform('reboot')).rejects.toMatchObject({ code: 'power.denied' })
    await child.end(1, 'Call to Reboot failed: Interactive authentication required.')
    await done
  })

  it('a missing systemctl is power.failed', async () => {
    const { power, child } = setup()
    const done = expect(power.perform('reboot')).rejects.toMatchObject({ code: 'power.failed' })
    child.emit('error', new Error('spawn systemctl ENOENT'))
    await done
  })

  it('a systemctl that hangs is ended', async () => {
    const { power, child, clock } = setup()
    const done = expect(power.perform('reboot')).rejects.toMatchObject({ code: 'power.failed', detail: expect.stringContaining('15 s') as string })
    await clock.advance(15_000)
    await done
    expect(child.killed).toBe(true)
  })
})
