import { driverContract } from '../../../electron/drivers/http-contract/driver-contract.testkit.ts'
import { proxmoxRig } from './rig.ts'

driverContract('Proxmox VE 8', () => proxmoxRig(), { challenge: true })
driverContract('Proxmox VE 7, errors in the status line', () => proxmoxRig({ version: 7 }), { challenge: true })
driverContract('Proxmox VE 9, rights of its own for the guest agent', () => proxmoxRig({ version: 9 }), { challenge: true })
