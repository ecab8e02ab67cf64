// Why: the lab by hand: node e2e/lab/cli.ts install|start|stop|status|check|reset. Never prints a password.
import { install } from './install.ts'
import { refuseWrongMachine, resetLab, runningLab, startLab, stopLab } from './lab.ts'
import type { Lab } from './lab.ts'
import { labPaths } from './facts.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function describe(lab: Lab): void {
  say(`sshd      127.0.0.1:${lab.sshPort}, keys pinned in ${lab.knownHostsFile}`)
  say(`device    ${lab.libvirtUri('device')}`)
  say(`person    ${lab.libvirtUri('person')}`)
  for (const p of lab.people) say(`  ${p.name.padEnd(8)}${p.account.padEnd(13)}${p.method.padEnd(22)}${p.desktops.join(' ')}`)
  say(`passwords in ${labPaths.state}`)
}

const commands: Record<string, () => Promise<number>> = {
  async install() {
    refuseWrongMachine()
    await install(say)
    return 0
  },
  async start() {
    describe(await startLab({ log: say }))
    return 0
  },
  async stop() {
    await stopLab()
    return 0
  },
  async status() {
    const lab = await runningLab()
    if (lab === undefined) say('the lab does not run')
    else {
      describe(lab)
      say(await lab.virsh('list', '--all', '--title'))
    }
    return lab === undefined ? 3 : 0
  },
  async check() {
    const { selfCheck } = await import('./self-check.ts')
    return (await selfCheck(await startLab({ log: say }), say)) ? 0 : 1
  },
  async reset() {
    await resetLab()
    return 0
  },
}

const command = commands[process.argv[2] ?? '']
if (command === undefined || process.argv.length !== 3) {
  process.stderr.write(`usage: node e2e/lab/cli.ts ${Object.keys(commands).join('|')}\n`)
  process.exitCode = 64
} else {
  process.exitCode = await command().catch((error: unknown) => {
    process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  })
}
