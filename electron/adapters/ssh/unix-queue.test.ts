import { describe, expect, it } from 'vitest'
import type { ExecResult, SshConnection } from '../../core/ports/ssh.ts'
import { callContext } from '../../core/testkit.ts'
import { HopDialer } from '../net/dialer.ts'

const line = (length: number): string => `u_str LISTEN ${length}      1      /run/c.sock 478117 * 0\n`

async function ask(answer: Partial<ExecResult> | Error, via: 'ssh-unix' | 'ssh-tcp' = 'ssh-unix'): Promise<unknown> {
  const argvs: (readonly string[])[] = []
  const exec = (argv: readonly string[]): Promise<ExecResult> => {
    argvs.push(argv)
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ code: 0, stdout: '', stderr: '', ...answer })
  }
  const ssh = { connection: { exec } as unknown as SshConnection }
  const said = await new HopDialer().hasQueue([via === 'ssh-unix' ? { via, ssh, path: '/run/c.sock' } : { via, ssh, host: 'h', port: 1 }], callContext())
  if (via === 'ssh-unix') expect(argvs).toEqual([['ss', '-xlnH', 'src', '/run/c.sock']])
  return said
}

// What ss of iproute2 6.1 prints for QEMU 7.2's channel, and for none.
describe('whether somebody waits at a unix socket', () => {
  it.each([
    ['the one client is served', { stdout: line(0) }, false],
    ['one waits', { stdout: line(1) }, true],
    ['two wait', { stdout: line(2) }, true],
    ['no such socket', { stdout: '' }, undefined],
    ['no ss', { code: 127, stdout: line(1) }, undefined],
    ['no commands', new Error('no'), undefined],
  ])('%s', async (_name, answer, expected) => {
    expect(await ask(answer)).toBe(expected)
  })
  it('is not known of a TCP port', async () => {
    expect(await ask({ stdout: line(1) }, 'ssh-tcp')).toBeUndefined()
  })
})
