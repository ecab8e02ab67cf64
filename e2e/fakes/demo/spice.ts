// Why: one SPICE display by its address and a password in a file, without any product in front of it. There is nobody to
// sign on; whose session the guest shows is the guest's own affair.
import { identities } from './certificates.ts'
import { ADA, type FakeServer, type FakeServerOptions } from './fake-server.ts'
import { startMachine } from './machine.ts'

const PASSWORD = 'a display of its own'
const SUBJECT = 'O=example.com, CN=display.example.com'

export async function spiceServer(o: FakeServerOptions): Promise<FakeServer<undefined>> {
  const own = await identities('O=example.com, CN=Display CA', SUBJECT)
  const machine = await startMachine({ name: 'ada-desk', person: ADA, signedIn: ADA.name, state: 'running', displayPassword: PASSWORD, tls: own.display })
  return {
    endpoint: { kind: 'spice', uri: `spice+tls://127.0.0.1:${machine.displayPort}`, subject: SUBJECT.replace(', ', ','), ticket: o.file('display-password', PASSWORD), trust: { ca: o.file('display-ca.pem', own.ca) } },
    product: 'a SPICE display',
    machine,
    state: undefined,
    requests: () => [],
    stop: () => machine.close(),
  }
}
