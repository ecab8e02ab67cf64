import { describe, expect, it } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { ExecResult, SshConnection } from '../../core/ports/ssh.ts'
import { callContext } from '../../core/testkit.ts'
import { explainUnixFailure } from './unix-failure.ts'

const result = (code: number, stderr = ''): ExecResult => ({ code, stdout: '', stderr })
const original = new AppError('ssh.forward-failed', 'open failed')

async function explain(answers: Record<string, ExecResult | AppError>): Promise<AppError> {
  const exec = async (argv: readonly string[]): Promise<ExecResult> => {
    const answer = answers[argv.find((w) => w === 'test' || w === 'ls' || w === 'ss')!] ?? result(127)
    if (answer instanceof AppError) throw answer
    return answer
  }
  return await explainUnixFailure({ exec } as unknown as SshConnection, '/run/x.sock', original, callContext())
}

// What OpenSSH 9.2 and coreutils 9.1 answer in each case.
describe('why a unix forward failed', () => {
  it.each([
    ['the socket may be written: the server does not forward', { test: result(0) }, 'ssh.forward-denied'],
    ['the socket may be written and has room', { test: result(0), ss: { code: 0, stdout: 'u_str LISTEN 1      1      /run/x.sock 279417 * 0\n', stderr: '' } }, 'ssh.forward-denied'],
    ['its queue is full', { test: result(0), ss: { code: 0, stdout: 'u_str LISTEN 2      1      /run/x.sock 279417 * 0\n', stderr: '' } }, 'agent.channel-busy'],
    ['the socket is there and closed to us', { test: result(1), ls: result(0) }, 'ssh.forward-denied'],
    ['its folder is closed to us', { test: result(1), ls: result(2, "ls: cannot access '/run/x.sock': Permission denied") }, 'ssh.forward-denied'],
    ['it is not there', { test: result(1), ls: result(2, "ls: cannot access '/run/x.sock': No such file or directory") }, 'ssh.forward-failed'],
    ['the account may not run commands', { test: result(127) }, 'ssh.forward-failed'],
    ['the server does not run commands', { test: new AppError('ssh.exec-failed', 'no') }, 'ssh.forward-failed'],
    ['the connection is lost meanwhile', { test: new AppError('ssh.lost', 'gone') }, 'ssh.lost'],
    ['cancelled meanwhile', { test: result(1), ls: new AppError('cancelled', 'aborted') }, 'cancelled'],
  ])('%s', async (_name, answers, code) => {
    expect((await explain(answers)).code).toBe(code)
  })
})
