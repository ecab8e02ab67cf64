import { driverContract } from '../../../electron/drivers/http-contract/driver-contract.testkit.ts'
import { kvmVdiRig } from './rig.ts'

// The dashboard passes credentials on at the start, and never tells what the guest's agent made of them.
const without = ['agentSilent'] as const
driverContract('KVM-VDI, local people', () => kvmVdiRig(), { without })
driverContract('KVM-VDI, people of a directory, machines of OpenStack', () => kvmVdiRig({ engine: 'OpenStack', directory: true }), { without })
